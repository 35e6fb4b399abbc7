import type { Printable } from '#shared/json/value.ts';
import { boolean, enumeration, listOf, optional, string, struct } from '#shared/schema/schema.ts';
import { type Member, nameOfType, type Type, typesWithin } from '#shared/schema/type.ts';
import { EVENTS } from '../events/kinds.ts';
import type { CommandState } from './command.ts';

const member = struct('UgaSchemaMember', { name: string, type: string, optional: boolean });

const command = struct('UgaSchemaCommand', {
  name: string,
  since: string,
  summary: string,
  arguments: listOf(member),
  returns: optional(string),
  errors: listOf(string),
  'success-response': boolean,
  'read-only': boolean,
  enabled: boolean,
  reason: optional(string),
});

const type = struct('UgaSchemaType', {
  name: string,
  kind: enumeration('UgaSchemaKind', ['alternate', 'enum', 'object']),
  members: optional(listOf(member)),
  values: optional(listOf(string)),
  branches: optional(listOf(string)),
});

const event = struct('UgaSchemaEvent', { name: string, summary: string, data: listOf(member) });

/** What `uga-query-schema` answers. A type is named; a list of it is `[NAME]`; simple types are QAPI's and stand for themselves. */
export const agentSchema = struct('UgaSchema', {
  commands: listOf(command),
  events: listOf(event),
  types: listOf(type),
});

/** @param states of the commands that exist here */
export function describeSchema(states: readonly CommandState[]): Printable {
  const roots = states.flatMap(({ command }) => [command.arguments, command.result.type]);
  const events = Object.entries(EVENTS);
  return {
    commands: states.map(describeCommand),
    events: events.map(([name, { summary, data }]) => ({ name, summary, data: describeMembers(data.type) })),
    types: typesWithin([...roots, ...events.map(([, { data }]) => data.type)])
      .filter(({ name }) => name !== undefined)
      .map(describeType),
  };
}

function describeCommand({ command, refusal }: CommandState): Printable {
  const { name, since, summary, result, errors, silentOnSuccess, readOnly } = command;
  return {
    name,
    since,
    summary,
    arguments: describeMembers(command.arguments),
    returns: isNothing(result.type) ? undefined : nameOfType(result.type),
    errors,
    'success-response': !silentOnSuccess,
    'read-only': readOnly,
    enabled: refusal === undefined,
    reason: refusal,
  };
}

/** An object without members tells nothing but that there is an answer. */
export function isNothing(type: Type): boolean {
  return type.kind === 'object' && type.members.length === 0;
}

export function membersOf(type: Type): readonly Member[] {
  return type.kind === 'object' ? type.members : [];
}

function describeMembers(type: Type): Printable {
  return membersOf(type).map(({ name, type, optional }) => ({ name, type: nameOfType(type), optional }));
}

function describeType(type: ReturnType<typeof typesWithin>[number]): Printable {
  const { kind, name = '' } = type;
  return {
    name,
    kind,
    members: kind === 'object' ? describeMembers(type) : undefined,
    values: kind === 'enum' ? type.values : undefined,
    branches: kind === 'alternate' ? type.branches.map(nameOfType) : undefined,
  };
}
