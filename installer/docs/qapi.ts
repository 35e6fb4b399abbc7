import { nameOfType, type Type, typesWithin } from '#shared/schema/type.ts';
import { EVENTS } from '#system-agent/events/kinds.ts';
import type { Command } from '#system-agent/qga/command.ts';
import { isNothing, membersOf } from '#system-agent/qga/introspection.ts';

const WIDTH = 76;

/** docs/uga.qapi.json: the commands and events in the language that QEMU's own tools read. */
export function qapiSchema(commands: readonly Command[]): string {
  const events = Object.entries(EVENTS);
  const types = typesWithin([
    ...commands.flatMap((command) => [command.arguments, command.result.type]),
    ...events.map(([, { data }]) => data.type),
  ]).filter(({ name }) => name !== undefined);
  const definitions = [
    ...types.map(typeDefinition),
    ...commands.map(commandDefinition),
    ...events.map(([name, { summary, data }]) => eventDefinition(name, summary, data.type)),
  ];
  return `${HEAD}\n${pragma(commands, types)}\n${definitions.join('\n')}`;
}

const HEAD = `# -*- Mode: Python -*-
# vim: filetype=python
#
# Made by \`npm run docs\` from the tables of the program (system-agent/qga/commands, system-agent/events/kinds.ts).
`;

/** What QEMU's rules for new schemas forbid and the QEMU guest agent has always done. */
function pragma(commands: readonly Command[], types: readonly Type[]): string {
  const returnsNoObject = commands.filter(({ result }) => !isObjectOrObjects(result.type)).map(({ name }) => name);
  const oddMembers = types
    .filter((type) => membersOf(type).some(({ name }) => name.includes('_')))
    .map((type) => nameOfType(type));
  return `{ 'pragma': {
    'command-returns-exceptions': ${list(returnsNoObject)},
    'member-name-exceptions': ${list(oddMembers)} } }
`;
}

function list(names: readonly string[]): string {
  return `[\n${names.map((name) => `        '${name}'`).join(',\n')} ]`;
}

function isObjectOrObjects(type: Type): boolean {
  return type.kind === 'array' ? isObjectOrObjects(type.item) : type.kind === 'object';
}

function typeDefinition(type: ReturnType<typeof typesWithin>[number]): string {
  switch (type.kind) {
    case 'enum':
      return `{ 'enum': '${type.name}',\n  'data': [ ${type.values.map((value) => `'${value}'`).join(', ')} ] }\n`;
    case 'alternate':
      return `{ 'alternate': '${type.name}',\n  'data': { ${type.branches.map(branch).join(', ')} } }\n`;
    case 'object':
      return `{ 'struct': '${type.name}'${data(type)} }\n`;
  }
}

/** Branches of an alternate need a name, which is nowhere on the wire. */
function branch(type: Type): string {
  return `'${type.kind === 'simple' ? type.name : type.kind}-value': ${reference(type)}`;
}

function commandDefinition(command: Command): string {
  const { name, since, summary, result, errors, silentOnSuccess } = command;
  const returns = isNothing(result.type) ? '' : `,\n  'returns': ${reference(result.type)}`;
  const silent = silentOnSuccess ? ",\n  'success-response': false" : '';
  const head = comment(name, summary, [
    ...(errors.length === 0 ? [] : ['Errors:', ...errors.map((error) => `    - ${error}`), '']),
    `Since: ${since}`,
  ]);
  const args = isNothing(command.arguments) ? '' : data(command.arguments);
  return `${head}{ 'command': '${name}'${args}${returns}${silent} }\n`;
}

function eventDefinition(name: string, summary: string, type: Type): string {
  return `${comment(name, summary, ['Since: uga 0.1'])}{ 'event': '${name}'${isNothing(type) ? '' : data(type)} }\n`;
}

function comment(name: string, summary: string, sections: readonly string[]): string {
  const lines = [`@${name}:`, '', ...wrap(summary), '', ...sections];
  return `##\n${lines.map((line) => `# ${line}`.trimEnd()).join('\n')}\n##\n`;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function data(type: Type): string {
  const members = membersOf(type).map(
    ({ name, type, optional }) => `            '${optional ? '*' : ''}${name}': ${reference(type)}`,
  );
  return `,\n  'data': { ${members.join(',\n').trimStart()} }`;
}

function reference(type: Type): string {
  return type.kind === 'array' ? `[ ${reference(type.item)} ]` : `'${nameOfType(type)}'`;
}
