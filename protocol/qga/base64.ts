import { AgentError } from '#shared/errors.ts';

const ALPHABET = /^[A-Za-z0-9+/=\n]*$/;

/**
 * Bytes of a base64 argument as qemu-ga understands it: newlines are skipped, a group of four that is not complete
 * counts as nothing, padding may stand anywhere. Source: QEMU util/base64.c and GLib's g_base64_decode.
 *
 * @throws {AgentError} 'invalid-argument' for a character outside the alphabet
 */
export function decodeBase64(text: string): Buffer {
  if (!ALPHABET.test(text)) throw new AgentError('invalid-argument', 'Base64 data contains invalid characters');
  const letters = text.replaceAll('\n', '');
  const whole = letters.slice(0, letters.length - (letters.length % 4));
  const padding = whole.indexOf('=');
  if (padding === -1 || padding >= whole.length - 2) return Buffer.from(whole, 'base64');
  return Buffer.concat((whole.match(/.{4}/g) ?? []).map(decodeGroup));
}

/** Three bytes, without those whose letter is padding. */
function decodeGroup(group: string): Buffer {
  const bytes = Buffer.from(group.replaceAll('=', 'A'), 'base64');
  return Buffer.from(bytes.filter((_byte, at) => at === 0 || group[at + 1] !== '='));
}
