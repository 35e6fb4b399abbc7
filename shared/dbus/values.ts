import { AgentError } from '#shared/errors.ts';
import type { Read, Shape } from '#shared/schema/record.ts';

/**
 * A D-Bus value. Arrays and structs are arrays, dictionaries maps, `ay` a Buffer, `x` and `t` bigints. A variant that was
 * received is its content; one that is sent is a Variant, because it needs a signature.
 */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | Buffer
  | Variant
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

export class Variant {
  constructor(
    /** One complete type. */
    readonly signature: string,
    readonly value: Value,
  ) {}
}

/** A method call. Without `signature` it has no arguments. */
export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly Value[];
}

export interface Signal {
  /** Unique name of the sender, or `org.freedesktop.DBus`. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly Value[];
}

/** A body or struct of exactly these members. With the shapes of record.ts every reply is checked before it is believed. */
export function tuple<const M extends readonly Shape<unknown>[]>(
  ...members: M
): Shape<{ readonly [K in keyof M]: Read<M[K]> }> {
  return {
    read(value, name) {
      if (!Array.isArray(value) || value.length !== members.length) {
        throw new AgentError('malformed', `${name} is not ${members.length} values`);
      }
      return members.map((shape, index) => shape.read(value[index], `${name}[${index}]`)) as {
        readonly [K in keyof M]: Read<M[K]>;
      };
    },
  };
}
