import { wipeable } from '#shared/bytes/wipeable.ts';

/**
 * User and password as PAM modules take them over the credential socket, which they show their token to first:
 *
 *     u32 big-endian: bytes of the user's name   the name, UTF-8   the password, UTF-8   NUL
 *
 * The connection ends after it, which is how the end of the password is known.
 * Source: ovirt-guest-agent pam-ovirt-cred/cred_channel.c, CredServer.py.
 */
export const CREDENTIAL_SOCKET = '\0/tmp/ovirt-cred-channel';

/** Of a name: more than any directory has. */
export const MAX_USER_BYTES = 256;
/** What PAM hands on: PAM_MAX_RESP_SIZE with its NUL. */
export const MAX_PASSWORD_BYTES = 511;
/** The original module reads once, so much. */
export const MAX_STOCK_BLOCK_BYTES = 256;

/** @returns memory that nobody else uses, to be wiped once it is sent */
export function encodeCredentials(user: string, password: Uint8Array): Buffer {
  const name = Buffer.from(user);
  const block = wipeable(4 + name.length + password.length + 1);
  block.writeUInt32BE(name.length);
  block.set(name, 4);
  block.set(password, 4 + name.length);
  return block;
}
