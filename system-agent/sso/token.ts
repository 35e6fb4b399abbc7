import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 16;
/** Printable, because it travels as the answer to a prompt of PAM. */
export const TOKEN_LENGTH = TOKEN_BYTES * 2;

/** 128 bits, as hexadecimal digits. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}
