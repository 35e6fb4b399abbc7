import { AgentError } from '#shared/errors.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';

/**
 * Checks values that came from outside and gives them a type. The error texts are those of QEMU's input visitor,
 * because hosts of the QEMU agent show them. Source: QEMU qapi/qobject-input-visitor.c, include/qapi/qmp/qerror.h.
 */
export interface Schema<T> {
  /**
   * @param value undefined when the member is absent
   * @param name where the value stands, as in `vcpus[0].online`
   * @throws {AgentError} 'invalid-argument'
   */
  parse(value: JsonValue | undefined, name: string): T;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** A signed 64-bit integer. A number with fraction or exponent is none, whatever its value. */
export const int64: Schema<bigint> = {
  parse(value, name) {
    if (typeof value === 'bigint' && value >= MIN_INT64 && value <= MAX_INT64) return value;
    throw wrongType(value, name, 'integer');
  },
};

/** An unsigned 64-bit integer; a negative one wraps around, as QEMU has always let it. */
export const uint64: Schema<bigint> = {
  parse(value, name) {
    if (typeof value === 'bigint' && value >= MIN_INT64 && value <= MAX_UINT64) return BigInt.asUintN(64, value);
    if (value === undefined) throw wrongType(value, name, 'integer');
    throw invalid(`Parameter '${name}' expects uint64`);
  },
};

export const boolean: Schema<boolean> = {
  parse(value, name) {
    if (typeof value === 'boolean') return value;
    throw wrongType(value, name, 'boolean');
  },
};

export const string: Schema<string> = {
  parse(value, name) {
    if (typeof value === 'string') return value;
    throw wrongType(value, name, 'string');
  },
};

/** One of the given words. */
export function word<const W extends string>(...words: readonly W[]): Schema<W> {
  return {
    parse(value, name) {
      if (typeof value !== 'string') throw wrongType(value, name, 'string');
      const known = words.find((one) => one === value);
      if (known === undefined) throw invalid(`Parameter '${name}' does not accept value '${value}'`);
      return known;
    },
  };
}

/** What an alternate takes for each JSON type; a missing one is refused. */
interface Branches<T> {
  readonly string?: Schema<T>;
  readonly boolean?: Schema<T>;
  readonly integer?: Schema<T>;
}

/** A value of one of several JSON types. @param typeName QEMU's name of the alternate, for the error */
export function alternate<T>(typeName: string, branches: Branches<T>): Schema<T> {
  return {
    parse(value, name) {
      const branch =
        typeof value === 'string'
          ? branches.string
          : typeof value === 'boolean'
            ? branches.boolean
            : typeof value === 'bigint' || typeof value === 'number'
              ? branches.integer
              : undefined;
      if (branch === undefined) throw wrongType(value, name, typeName);
      return branch.parse(value, name);
    },
  };
}

export function optional<T>(inner: Schema<T>): Schema<T | undefined> {
  return { parse: (value, name) => (value === undefined ? undefined : inner.parse(value, name)) };
}

/** A list of at most `maxLength` items. */
export function array<T>(item: Schema<T>, maxLength: number): Schema<readonly T[]> {
  return {
    parse(value, name) {
      if (!Array.isArray(value)) throw wrongType(value, name, 'array');
      if (value.length > maxLength) throw invalid(`Parameter '${name}' has more than ${maxLength} items`);
      return value.map((one: JsonValue, index) => item.parse(one, `${name}[${index}]`));
    },
  };
}

type Members = Readonly<Record<string, Schema<unknown>>>;

/** An object with exactly these members, checked in this order, and no other. */
export function object<M extends Members>(members: M): Schema<{ readonly [K in keyof M]: Infer<M[K]> }> {
  const entries = Object.entries(members);
  const known = new Set(entries.map(([name]) => name));
  return {
    parse(value, name) {
      if (!(value instanceof Map)) throw wrongType(value, name, 'object');
      const prefix = name === '' ? '' : `${name}.`;
      const source = value as JsonObject;
      const result: Record<string, unknown> = {};
      for (const [member, schema] of entries) result[member] = schema.parse(source.get(member), prefix + member);
      for (const member of source.keys()) {
        if (!known.has(member)) throw invalid(`Parameter '${prefix}${member}' is unexpected`);
      }
      return result as { readonly [K in keyof M]: Infer<M[K]> };
    },
  };
}

function wrongType(value: JsonValue | undefined, name: string, expected: string): AgentError {
  if (value === undefined) return invalid(`Parameter '${name}' is missing`);
  return invalid(`Invalid parameter type for '${name}', expected: ${expected}`);
}

function invalid(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
