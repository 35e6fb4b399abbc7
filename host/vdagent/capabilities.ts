import { type Capabilities, decodeCapabilities } from '#protocol/vdagent/capabilities.ts';
import { AgentError } from '#shared/errors.ts';

/** What known hosts announce. Sources: spice-gtk channel-main.c, QEMU ui/vdagent.c. */
export const KNOWN_HOSTS: Readonly<Record<string, Capabilities>> = {
  'spice-gtk': new Set([
    'mouse-state',
    'monitors-config',
    'reply',
    'display-config',
    'clipboard-by-demand',
    'clipboard-selection',
    'monitors-config-position',
    'file-xfer-detailed-errors',
    'clipboard-no-release-on-regrab',
    'clipboard-grab-serial',
  ]),
  qemu: new Set(['mouse-state', 'clipboard-by-demand', 'clipboard-selection', 'clipboard-grab-serial']),
};

/** All bits set: every capability that has a name. */
const NAMED = decodeCapabilities(Buffer.alloc(4, 0xff));

/** @param text a name of KNOWN_HOSTS, or capabilities separated by commas. @throws {AgentError} 'invalid-argument' */
export function readCapabilities(text: string): Capabilities {
  const known = Object.hasOwn(KNOWN_HOSTS, text) ? KNOWN_HOSTS[text] : undefined;
  if (known) return known;
  const names = new Set(text.split(','));
  const chosen = new Set([...NAMED].filter((name) => names.has(name)));
  const odd = [...names].find((name) => !new Set<string>(chosen).has(name));
  if (odd !== undefined) throw new AgentError('invalid-argument', `unknown capability '${odd}'`);
  return chosen;
}
