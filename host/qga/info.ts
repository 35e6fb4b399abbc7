import type { JsonValue } from '#shared/json/value.ts';

export interface GuestCommand {
  readonly name: string;
  readonly enabled: boolean;
}

/** More than any agent has; a guest may claim more, and it is not kept. */
const MAX_COMMANDS = 1000;
const COMMAND_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** The commands in a reply to guest-info, sorted. What does not look like one is left out: the guest is hostile (D3). */
export function readCommands(info: JsonValue): GuestCommand[] {
  const commands = member(info, 'supported_commands');
  return listOf(commands)
    .slice(0, MAX_COMMANDS)
    .map((item) => ({ name: textOf(member(item, 'name')) ?? '', enabled: member(item, 'enabled') === true }))
    .filter(({ name }) => COMMAND_NAME.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Member of what may or may not be an object. */
export function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value instanceof Map ? value.get(name) : undefined;
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
