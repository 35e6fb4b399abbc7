import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { Hook } from '../config/findings.ts';
import type { Configuration } from '../config/read.ts';
import type { Restriction } from '../config/restrictions.ts';
import { type Value, valuesOf } from './values.ts';

/** Wide enough for most values; longer ones push their origin to the right. */
const VALUE_WIDTH = 44;
const MAX_LINE = 4096;

/** Everything in force, for people. */
export function show(configuration: Configuration): string {
  const values = valuesOf(configuration);
  const groups = [...new Set(values.map(({ group }) => group))];
  const { restrictions, hooks, files } = configuration;
  const sections = [
    ...groups.map((group) => [`[${group}]`, ...values.filter((value) => value.group === group).map(describeValue)]),
    ['Commands that hosts may not run:', ...restrictions.map(describeRestriction)],
    ['Hooks in place:', ...hooks.map(describeHook)],
    ['Files read:', ...files],
  ];
  return sections
    .map(([title = '', ...lines]) => [title, ...(lines.length > 0 ? lines : ['none']).map((line) => `  ${line}`)])
    .map((lines) => `${lines.map((line) => plain(line, MAX_LINE)).join('\n')}\n`)
    .join('\n');
}

/** One value by "group.key". @throws {AgentError} 'invalid-argument' when there is no such key */
export function showKey(values: readonly Value[], name: string, json: boolean): string {
  const value = values.find(({ group, key }) => `${group}.${key}` === name);
  if (value === undefined) throw new AgentError('invalid-argument', `there is no key '${name}'`);
  return json ? `${formatJson({ ...value })}\n` : `${plain(value.value, MAX_LINE)}\n`;
}

function describeValue({ key, value, origin }: Value): string {
  return `${`${key} = ${value}`.padEnd(VALUE_WIDTH)} (${origin})`;
}

function describeRestriction(restriction: Restriction): string {
  switch (restriction.kind) {
    case 'block':
      return `${restriction.place}: ${listed(restriction.names)}`;
    case 'allow':
      return `${restriction.place}: all but ${listed(restriction.names)}`;
    case 'not-understood':
      return `${restriction.place}: ${restriction.why} (not understood: files, programs, passwords and keys)`;
  }
}

const listed = (names: ReadonlySet<string>) => (names.size === 0 ? 'none' : [...names].join(', '));

function describeHook({ kind, path, place }: Hook): string {
  if (kind !== 'fsfreeze') return `${path} (${kind})`;
  return `${path} (${kind}, ${place === undefined ? 'not switched on' : `switched on by ${place}`})`;
}
