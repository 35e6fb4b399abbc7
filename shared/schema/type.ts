/**
 * What values a schema takes, as data: the agent's introspection and the documents are made from it. Kinds and the names of
 * the simple types are those of QEMU's schema language. Source: QEMU docs/devel/qapi-code-gen.
 */
export type Type =
  | { readonly kind: 'simple'; readonly name: SimpleName }
  | { readonly kind: 'array'; readonly item: Type }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'alternate'; readonly name: string; readonly branches: readonly Type[] }
  /** Without a name where it is nobody's type: the arguments of a command. */
  | { readonly kind: 'object'; readonly name?: string; readonly members: readonly Member[] };

export type SimpleName = 'any' | 'bool' | 'int' | 'number' | 'str' | 'uint64';

export interface Member {
  readonly name: string;
  readonly type: Type;
  /** May be absent. */
  readonly optional: boolean;
}

/** Its own name; a list is `[ITEM]`. */
export function nameOfType(type: Type): string {
  if (type.kind === 'array') return `[${nameOfType(type.item)}]`;
  if (type.name === undefined) throw new Error('a type without a name is used as a member');
  return type.name;
}

/** Every type with members or values of its own that is used in these, once, in the order of use. */
export function typesWithin(roots: Iterable<Type>): readonly Exclude<Type, { kind: 'simple' | 'array' }>[] {
  const found = new Map<string, Exclude<Type, { kind: 'simple' | 'array' }>>();
  const walk = (type: Type): void => {
    if (type.kind === 'simple') return;
    if (type.kind === 'array') return walk(type.item);
    if (type.name !== undefined) {
      if (found.has(type.name)) return;
      found.set(type.name, type);
    }
    if (type.kind === 'alternate') for (const branch of type.branches) walk(branch);
    if (type.kind === 'object') for (const member of type.members) walk(member.type);
  };
  for (const root of roots) walk(root);
  return [...found.values()];
}
