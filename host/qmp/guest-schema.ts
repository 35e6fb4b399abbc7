import { listOf, member, textOf } from '#host/qga/info.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';
import type { Member, QmpSchema, TypeContent } from './schema.ts';

/** The command of our agent that describes its commands, events and types. */
export const SCHEMA_COMMAND = 'uga-query-schema';

/** More than any agent has of anything (S5). */
const MAX_ITEMS = 1000;
/** Of one object, enumeration or list of arguments. */
const MAX_MEMBERS = 200;
/** Of any name; the brackets of a list of lists count. */
const MAX_NAME = 64;

const COMMAND = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const EVENT = /^[A-Z][A-Z0-9_]{0,63}$/;
const MEMBER = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const VALUE = /^[A-Za-z0-9_.-]{1,64}$/;
/** As QAPI writes names of types, and lists of them. Nothing here can be one of the server's own names. */
const TYPE = /^\[*(?:[A-Z][A-Za-z0-9]*|any|bool|int|number|str|uint64)\]*$/;
const DEFINED_TYPE = /^[A-Z][A-Za-z0-9]*$/;

/**
 * Adds what the guest's agent says of itself, without the commands that it does not take now. The guest is hostile (D3):
 *
 * @param answer `{commands: [{name, arguments: [MEMBER], returns?, enabled}], events: [{name, data: [MEMBER]}],
 *   types: [{name, kind: object | enum | alternate, members?, values?, branches?}]}`, MEMBER `{name, type, optional}`
 * @param isOurs whether the server answers a command of that name itself
 * @throws {AgentError} 'malformed' for a schema that is none or has too much of something
 */
export function addGuestSchema(schema: QmpSchema, answer: JsonValue, isOurs: (name: string) => boolean): void {
  for (const type of items(answer, 'types', MAX_ITEMS)) {
    schema.type(name(type, 'name', DEFINED_TYPE), readType(type));
  }
  for (const command of items(answer, 'commands', MAX_ITEMS)) {
    const called = name(command, 'name', COMMAND);
    const returns = member(command, 'returns') === undefined ? undefined : name(command, 'returns', TYPE);
    if (member(command, 'enabled') !== true || isOurs(called)) continue;
    schema.command(called, readMembers(command, 'arguments'), returns);
  }
  for (const event of items(answer, 'events', MAX_ITEMS)) {
    schema.event(name(event, 'name', EVENT), readMembers(event, 'data'));
  }
}

function readType(type: JsonValue): TypeContent {
  const kind = member(type, 'kind');
  switch (kind) {
    case 'object':
      return { kind, members: readMembers(type, 'members') };
    case 'enum':
      return { kind, values: items(type, 'values', MAX_MEMBERS).map((value) => fitting(value, VALUE)) };
    case 'alternate':
      return { kind, branches: items(type, 'branches', MAX_MEMBERS).map((branch) => fitting(branch, TYPE)) };
    default:
      throw malformed();
  }
}

function readMembers(of: JsonValue, list: string): Member[] {
  return items(of, list, MAX_MEMBERS).map((one) => ({
    name: name(one, 'name', MEMBER),
    type: name(one, 'type', TYPE),
    optional: member(one, 'optional') === true,
  }));
}

function items(of: JsonValue, list: string, most: number): readonly JsonValue[] {
  const all = listOf(member(of, list));
  if (all.length > most) throw malformed();
  return all;
}

function name(of: JsonValue, which: string, pattern: RegExp): string {
  return fitting(member(of, which), pattern);
}

function fitting(value: JsonValue | undefined, pattern: RegExp): string {
  const text = textOf(value) ?? '';
  if (text.length > MAX_NAME || !pattern.test(text)) throw malformed();
  return text;
}

function malformed(): AgentError {
  return new AgentError('malformed', `the guest's answer to ${SCHEMA_COMMAND} is no schema`);
}
