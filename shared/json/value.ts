import type { Secret } from '#shared/bytes/secret.ts';

/**
 * A JSON value as the agent's own readers give it. Integers are `bigint` (exact over int64 and uint64), everything with
 * a fraction or exponent is `number`: the protocols tell `1` from `1.0`, and a double loses digits beyond 2^53. Objects
 * are Maps because member names come from the peer, `__proto__` included. A Secret is a text that was cut out of the bytes
 * where a protocol has a password; whoever has handled the request wipes it. Base64 is a long text that was decoded as it was
 * read.
 */
export type JsonValue = null | boolean | string | bigint | number | readonly JsonValue[] | JsonObject | Secret | Base64;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Bytes that are base64 in JSON (RFC 4648, padded), without a string of all of them. */
export class Base64 {
  /** @param release called when nobody needs `bytes` any more: their memory may then serve again */
  constructor(
    readonly bytes: Buffer,
    readonly release: () => void = () => {},
  ) {}
}

/**
 * What `formatJson` prints: any JsonValue, and what our own code builds. Plain objects stand for their own members;
 * a member that is `undefined` is left out.
 */
export type Printable =
  | null
  | boolean
  | string
  | bigint
  | number
  | Base64
  | Secret
  | readonly Printable[]
  | JsonObject
  | { readonly [name: string]: Printable | undefined };
