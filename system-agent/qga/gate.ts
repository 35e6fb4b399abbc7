import type { Command } from './command.ts';

/** May this command run now? Undefined means yes; a string is the reason that the host reads. */
export type Gate = (command: Command) => string | undefined;

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
  return (command) => {
    for (const gate of gates) {
      const reason = gate(command);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}
