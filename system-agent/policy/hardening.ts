import { type Class, COMMANDS, DOORS } from './classes.ts';
import { PolicyEngine } from './engine.ts';
import type { Policy } from './policy.ts';

/** A directive of systemd.exec(5), and the classes of commands that need what it takes away. */
interface Confinement {
  readonly directive: string;
  readonly needs: readonly Class[];
}

/** Whatever these start or write is the administrator's business: programs of the host, files, hooks around a freeze. */
const ANYTHING: readonly Class[] = ['exec', 'files', 'freeze', 'lifecycle'];
const READ_ONLY = 'ProtectSystem=strict';
/** They ask for the guest's own mounts, of which a unit with a view of its own sees others. */
const MOUNTS: readonly Class[] = ['storage', 'trim'];

/**
 * What systemd can take from the unit. Never MemoryDenyWriteExecute: V8 compiles into memory that it may write. Nor what
 * would bring a list of devices (ProtectClock, PrivateDevices), because the ports of hosts are devices; nor
 * ProtectHostname and PrivateNetwork, which hide what hosts are told.
 */
const CONFINEMENTS: readonly Confinement[] = [
  { directive: 'NoNewPrivileges=yes', needs: [...ANYTHING, 'accounts'] },
  { directive: 'LockPersonality=yes', needs: ANYTHING },
  { directive: 'RestrictRealtime=yes', needs: ANYTHING },
  { directive: 'RestrictSUIDSGID=yes', needs: ANYTHING },
  { directive: 'RestrictNamespaces=yes', needs: ANYTHING },
  { directive: 'SystemCallArchitectures=native', needs: ANYTHING },
  { directive: 'CapabilityBoundingSet=~CAP_SYS_TIME', needs: [...ANYTHING, 'time'] },
  { directive: 'CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_BOOT', needs: ANYTHING },
  { directive: READ_ONLY, needs: [...ANYTHING, ...MOUNTS, 'accounts'] },
  { directive: 'ProtectHome=read-only', needs: [...ANYTHING, ...MOUNTS, 'accounts'] },
  { directive: 'PrivateTmp=yes', needs: [...ANYTHING, ...MOUNTS, 'accounts'] },
  { directive: 'ProtectControlGroups=yes', needs: [...ANYTHING, ...MOUNTS] },
  { directive: 'ProtectKernelModules=yes', needs: [...ANYTHING, ...MOUNTS] },
  { directive: 'ProtectKernelLogs=yes', needs: [...ANYTHING, ...MOUNTS] },
  { directive: 'ProtectKernelTunables=yes', needs: [...ANYTHING, ...MOUNTS, 'hardware', 'sleep', 'accounts'] },
];

/** Classes of which the policy allows anything, at any door. */
export function classesIn(policy: Policy): ReadonlySet<Class> {
  const engine = new PolicyEngine(policy, () => 0);
  const enabled = DOORS.flatMap((door) => [...COMMANDS[door]].filter(([name]) => engine.enabled(door, name).allowed));
  return new Set(enabled.map(([, of]) => of));
}

/**
 * Directives for the unit of the agent that leave everything that the policy allows possible.
 * @param folders that the agent writes to, beside those that systemd makes for the unit
 */
export function confinementsFor(policy: Policy, folders: readonly string[] = []): readonly string[] {
  const allowed = classesIn(policy);
  const possible = CONFINEMENTS.filter(({ needs }) => !needs.some((one) => allowed.has(one)));
  const directives = possible.map(({ directive }) => directive);
  if (!directives.includes(READ_ONLY) || folders.length === 0) return directives;
  return [...directives, `ReadWritePaths=${folders.map(quoted).join(' ')}`];
}

/** A path that need not be there, as systemd.syntax(7) and its specifiers want it. */
function quoted(folder: string): string {
  return `"-${folder.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;
}
