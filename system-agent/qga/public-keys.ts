import { AgentError } from '#shared/errors.ts';
import { array, string } from '#shared/schema/schema.ts';

const MAX_KEYS = 4096;

export const publicKeys = array(string, MAX_KEYS);

/**
 * A key that could pass for a comment or for two lines is refused with the whole request. QEMU's check and words; they
 * come before the user is looked up.
 * @throws {AgentError} 'invalid-argument'
 */
export function assertPublicKeys(keys: readonly string[]): void {
  const wrong = keys.find((key) => key.startsWith('#') || /[\n\0]/.test(key));
  if (wrong !== undefined) throw new AgentError('invalid-argument', `invalid OpenSSH public key: '${wrong}'`);
}
