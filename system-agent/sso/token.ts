import { randomFillSync } from 'node:crypto';
import { wipeable } from '#shared/bytes/wipeable.ts';

const TOKEN_BYTES = 16;
/** Printable, because it travels as the answer to a prompt of PAM. */
export const TOKEN_LENGTH = TOKEN_BYTES * 2;

const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** 128 bits, as hexadecimal digits; the caller wipes them. */
export function newToken(): Buffer {
  const token = wipeable(TOKEN_LENGTH);
  const chance = randomFillSync(wipeable(TOKEN_BYTES));
  for (const [at, byte] of chance.entries()) {
    token[2 * at] = DIGITS[byte >> 4] ?? 0;
    token[2 * at + 1] = DIGITS[byte & 0xf] ?? 0;
  }
  chance.fill(0);
  return token;
}
