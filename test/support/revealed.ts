import { Secret } from '#shared/bytes/secret.ts';
import type { JsonObject } from '#shared/json/value.ts';

/** Members with their secrets as texts, for comparing; the secrets stay as they are. */
export function revealed(members: JsonObject): JsonObject {
  return new Map(Array.from(members, ([name, value]) => [name, value instanceof Secret ? `${value.bytes}` : value]));
}
