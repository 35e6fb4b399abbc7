import type { JsonObject } from '#shared/json/value.ts';
import type { Freeze } from '../freeze/freeze.ts';
import type { Command } from './command.ts';

/**
 * May this command run now? Undefined means yes; a string is the reason that the host reads. Without arguments: could any
 * request be allowed; with them, unchecked as the host sent them: this one, which may count against a rate.
 */
export type Gate = (command: Command, args?: JsonObject) => string | undefined;

/** Names of commands, as an administrator lists them. */
export interface CommandLists {
  /** If given, only these are allowed. */
  readonly allow?: ReadonlySet<string>;
  /** Refused, also when they are allowed above. */
  readonly block: ReadonlySet<string>;
}

/** qemu-ga's lists and its text for them (`--allow-rpcs`, `--block-rpcs`). */
export function listGate({ allow, block }: CommandLists): Gate {
  return ({ name }) =>
    block.has(name) || (allow !== undefined && !allow.has(name)) ? 'the command is not allowed' : undefined;
}

/** Lets through what only reads. */
export const demoGate: Gate = ({ readOnly }) => (readOnly ? undefined : 'refused in demo mode');

/** The first gate that objects decides. */
export function allGates(gates: readonly Gate[]): Gate {
  return (command, args) => {
    for (const gate of gates) {
      const reason = gate(command, args);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** What needs no disk, and what ends a freeze. */
const WHILE_FROZEN: ReadonlySet<string> = new Set([
  'guest-fsfreeze-status',
  'guest-fsfreeze-thaw',
  'guest-info',
  'guest-ping',
  'guest-sync',
  'guest-sync-delimited',
  'uga-freeze-renew',
  'uga-freeze-status',
]);

/** While file systems are frozen, this alone decides, as in qemu-ga; else `otherwise` does. */
export function frozenGate(freeze: Pick<Freeze, 'phase'> | undefined, otherwise: Gate): Gate {
  if (freeze === undefined) return otherwise;
  return (command, args) => {
    if (freeze.phase === 'thawed') return otherwise(command, args);
    return WHILE_FROZEN.has(command.name) ? undefined : 'the agent is in frozen state';
  };
}
