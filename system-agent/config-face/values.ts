import type { Printable } from '#shared/json/value.ts';
import type { Place } from '../config/findings.ts';
import type { Configuration } from '../config/read.ts';
import type { Restriction } from '../config/restrictions.ts';
import { SETTINGS } from '../config/settings.ts';

/** One value in force, as it is written in the file, and where it comes from. */
export interface Value {
  readonly group: string;
  readonly key: string;
  readonly value: string;
  readonly origin: Place;
}

export function valuesOf({ config, origins }: Configuration): Value[] {
  return SETTINGS.map((row) => ({
    group: row.group,
    key: row.key,
    value: row.format(config),
    origin: origins[row.name],
  }));
}

/** What `uga config show --json` prints. */
export function asJson(configuration: Configuration): Printable {
  const { restrictions, problems, hooks, files } = configuration;
  return {
    values: valuesOf(configuration).map((value) => ({ ...value })),
    restrictions: restrictions.map(restrictionAsJson),
    problems: problems.map((problem) => ({ ...problem })),
    hooks: hooks.map((hook) => ({ ...hook })),
    files,
  };
}

function restrictionAsJson(restriction: Restriction): Printable {
  return restriction.kind === 'not-understood'
    ? { ...restriction }
    : { kind: restriction.kind, place: restriction.place, commands: [...restriction.names] };
}
