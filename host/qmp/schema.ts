import type { Printable } from '#shared/json/value.ts';

/** One entry of the answer to query-qmp-schema. Source: QEMU qapi/introspect.json. */
export type SchemaEntry = { readonly name: string } & { readonly [member: string]: Printable };

/** Stands for a type that is not known. Also a builtin type of QEMU's. */
const ANY: SchemaEntry = { name: 'any', 'meta-type': 'builtin', 'json-type': 'value' };

/**
 * The schema of commands of which the names alone are known: they take anything and return anything. QEMU's tools read
 * the list, and a client can tell from `any` that it has to know better.
 */
export function schemaOfNames(names: readonly string[]): readonly SchemaEntry[] {
  const commands = names.map((name) => ({
    name,
    'meta-type': 'command',
    'arg-type': ANY.name,
    'ret-type': ANY.name,
  }));
  return [...commands, ANY];
}
