import type { Printable } from '#shared/json/value.ts';

/** One entry of the answer to query-qmp-schema. */
export type SchemaEntry = { readonly name: string } & { readonly [member: string]: Printable | undefined };

/** A member of an object. `type` names one; a list of it is `[NAME]`. */
export interface Member {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

export type TypeContent =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'alternate'; readonly branches: readonly string[] };

/** Types that need no description, and what they are in JSON. */
const BUILTINS: ReadonlyMap<string, string> = new Map([
  ['any', 'value'],
  ['bool', 'boolean'],
  ['int', 'int'],
  ['number', 'number'],
  ['str', 'string'],
  ['uint64', 'int'],
]);

const EMPTY = 'q_empty';
const LIST = /^\[(.*)\]$/;

/**
 * The schema of a QMP server while it is put together. A type that nobody has described becomes `any`, so that no entry
 * of the result refers to one that is not there. Source: QEMU qapi/introspect.json.
 */
export class QmpSchema {
  readonly #commands: { name: string; args: readonly Member[] | undefined; returns: string }[] = [];
  readonly #events: { name: string; data: readonly Member[] }[] = [];
  readonly #types = new Map<string, TypeContent>();
  readonly #result = new Map<string, SchemaEntry>();

  /**
   * @param args undefined if they are not known
   * @param returns name of a type; `any` if it is not known, undefined for nothing but an answer
   */
  command(name: string, args: readonly Member[] | undefined, returns: string | undefined): void {
    this.#commands.push({ name, args, returns: returns ?? EMPTY });
  }

  event(name: string, data: readonly Member[]): void {
    this.#events.push({ name, data });
  }

  type(name: string, content: TypeContent): void {
    this.#types.set(name, content);
  }

  /** Everything that was said, and the types that it needs. */
  entries(): SchemaEntry[] {
    this.#result.clear();
    const commands = this.#commands.map(({ name, args, returns }) => ({
      name,
      'meta-type': 'command',
      'arg-type': args === undefined ? this.#use('any') : this.#object(`q_obj_${name}-arg`, args),
      'ret-type': returns === EMPTY ? this.#object(EMPTY, []) : this.#use(returns),
    }));
    const events = this.#events.map(({ name, data }) => ({
      name,
      'meta-type': 'event',
      'arg-type': this.#object(`q_obj_${name}-arg`, data),
    }));
    return [...commands, ...events, ...this.#result.values()];
  }

  /** @returns the name under which the type stands in the result */
  #use(type: string): string {
    const json = BUILTINS.get(type);
    if (json !== undefined) return this.#put({ name: type, 'meta-type': 'builtin', 'json-type': json });
    const element = LIST.exec(type)?.[1];
    if (element !== undefined) {
      const used = this.#use(element);
      return this.#put({ name: `[${used}]`, 'meta-type': 'array', 'element-type': used });
    }
    const content = this.#types.get(type);
    if (content === undefined) return this.#use('any');
    if (this.#result.has(type)) return type;
    this.#put({ name: type }); // a type may contain itself
    return this.#put({ name: type, ...this.#describe(content) });
  }

  #describe(content: TypeContent): { readonly [member: string]: Printable } {
    switch (content.kind) {
      case 'object':
        return { 'meta-type': 'object', members: this.#members(content.members) };
      case 'enum':
        return {
          'meta-type': 'enum',
          members: content.values.map((name) => ({ name })),
          values: content.values,
        };
      case 'alternate':
        return { 'meta-type': 'alternate', members: content.branches.map((branch) => ({ type: this.#use(branch) })) };
    }
  }

  #object(name: string, members: readonly Member[]): string {
    if (members.length === 0) return this.#put({ name: EMPTY, 'meta-type': 'object', members: [] });
    return this.#put({ name, 'meta-type': 'object', members: this.#members(members) });
  }

  /** A member that may be absent has a default, of which nothing is said. */
  #members(members: readonly Member[]): Printable {
    return members.map(({ name, type, optional }) => ({
      name,
      type: this.#use(type),
      default: optional ? null : undefined,
    }));
  }

  #put(entry: SchemaEntry): string {
    this.#result.set(entry.name, entry);
    return entry.name;
  }
}
