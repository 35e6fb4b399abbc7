import { Secret } from '#shared/bytes/secret.ts';
import type { JsonValue } from './value.ts';

/** Wipes what is still there of the secrets in a request: each is a member of it, or of a member. */
export function wipeSecrets(value: JsonValue | undefined, levels = 2): void {
  if (value instanceof Secret) value.wipe();
  else if (value instanceof Map && levels > 0) for (const member of value.values()) wipeSecrets(member, levels - 1);
}
