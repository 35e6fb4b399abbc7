import { Secret } from '#shared/bytes/secret.ts';
import { AgentError } from '#shared/errors.ts';
import { Base64, type JsonObject, type JsonValue } from '#shared/json/value.ts';
import type { SimpleName, Type } from './type.ts';

/**
 * Checks values that came from outside, gives them a type, and says of itself what it takes. The error texts are those of QEMU's input visitor,
 * because hosts of the QEMU agent show them. Source: QEMU qapi/qobject-input-visitor.c, include/qapi/qmp/qerror.h.
 */
export interface Schema<T> {
  /** What `parse` takes, for introspection. */
  readonly type: Type;
  /** Whether `parse` also takes undefined. */
  readonly isOptional?: true;
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
  type: simple('int'),
  parse(value, name) {
    if (typeof value === 'bigint' && value >= MIN_INT64 && value <= MAX_INT64) return value;
    throw wrongType(value, name, 'integer');
  },
};

/** An unsigned 64-bit integer; a negative one wraps around, as QEMU has always let it. */
export const uint64: Schema<bigint> = {
  type: simple('uint64'),
  parse(value, name) {
    if (typeof value === 'bigint' && value >= MIN_INT64 && value <= MAX_UINT64) return BigInt.asUintN(64, value);
    if (value === undefined) throw wrongType(value, name, 'integer');
    throw invalid(`Parameter '${name}' expects uint64`);
  },
};

export const boolean: Schema<boolean> = {
  type: simple('bool'),
  parse(value, name) {
    if (typeof value === 'boolean') return value;
    throw wrongType(value, name, 'boolean');
  },
};

export const string: Schema<string> = {
  type: simple('str'),
  parse(value, name) {
    if (typeof value === 'string') return value;
    throw wrongType(value, name, 'string');
  },
};

/** A string that the reader has cut out of the request. It is wiped with the request: who keeps it moves it. */
export const secret: Schema<Secret> = {
  type: simple('str'),
  parse(value, name) {
    if (value instanceof Secret) return value;
    throw wrongType(value, name, 'string');
  },
};

/** Base64, as text that was not looked at, or decoded where the reader has done that already. */
export const base64: Schema<string | Base64> = {
  type: simple('str'),
  parse: (value, name) => (value instanceof Base64 ? value : string.parse(value, name)),
};

/** Any number, whole or not. */
export const number: Schema<number> = {
  type: simple('number'),
  parse(value, name) {
    if (typeof value === 'bigint' || typeof value === 'number') return Number(value);
    throw wrongType(value, name, 'number');
  },
};

/** Whatever there is. */
export const anything: Schema<JsonValue> = {
  type: simple('any'),
  parse(value, name) {
    if (value !== undefined) return value;
    throw wrongType(value, name, 'any');
  },
};

/** One of the given words. @param typeName QEMU's name of the type, or one of ours */
export function enumeration<const W extends string>(typeName: string, words: readonly W[]): Schema<W> {
  return {
    type: { kind: 'enum', name: typeName, values: words },
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
    type: { kind: 'alternate', name: typeName, branches: Object.values(branches).map(({ type }) => type) },
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
  return {
    type: inner.type,
    isOptional: true,
    parse: (value, name) => (value === undefined ? undefined : inner.parse(value, name)),
  };
}

/** A list of at most `maxLength` items. */
export function array<T>(item: Schema<T>, maxLength: number): Schema<readonly T[]> {
  return {
    type: { kind: 'array', item: item.type },
    parse(value, name) {
      if (!Array.isArray(value)) throw wrongType(value, name, 'array');
      if (value.length > maxLength) throw invalid(`Parameter '${name}' has more than ${maxLength} items`);
      return value.map((one: JsonValue, index) => item.parse(one, `${name}[${index}]`));
    },
  };
}

/** A list of ours, whose length is what the system has; from outside none is taken. */
export function listOf<T>(item: Schema<T>): Schema<readonly T[]> {
  return array(item, Number.POSITIVE_INFINITY);
}

type Members = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<M extends Members> = Schema<{ readonly [K in keyof M]: Infer<M[K]> }>;

/** An object with exactly these members, checked in this order, and no other. */
export function object<M extends Members>(members: M): ObjectOf<M> {
  return objectCalled({}, members);
}

/** The same as a type of its own. @param typeName QEMU's name of the type, or one of ours */
export function struct<M extends Members>(typeName: string, members: M): ObjectOf<M> {
  return objectCalled({ name: typeName }, members);
}

function objectCalled<M extends Members>(named: { readonly name?: string }, members: M): ObjectOf<M> {
  const entries = Object.entries(members);
  const known = new Set(entries.map(([name]) => name));
  return {
    type: {
      kind: 'object',
      ...named,
      members: entries.map(([name, { type, isOptional = false }]) => ({ name, type, optional: isOptional })),
    },
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

function simple(name: SimpleName): Type {
  return { kind: 'simple', name };
}

function wrongType(value: JsonValue | undefined, name: string, expected: string): AgentError {
  if (value === undefined) return invalid(`Parameter '${name}' is missing`);
  return invalid(`Invalid parameter type for '${name}', expected: ${expected}`);
}

function invalid(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
