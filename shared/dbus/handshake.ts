import { AgentError } from '#shared/errors.ts';

const MAX_LINE_BYTES = 1024;

/** What a client says first: a NUL, and who it is; the bus compares that with the kernel's answer. */
export function greeting(uid: number): Buffer {
  return Buffer.from(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`, 'latin1');
}

export const BEGIN = 'BEGIN\r\n';

/**
 * Reads the bus's one line of the authentication, however it is cut.
 * Source: D-Bus specification, Authentication Protocol.
 */
export class HandshakeReader {
  #line = Buffer.alloc(0);

  /**
   * @returns the bytes after the line once the bus has agreed, undefined before
   * @throws {AgentError} 'refused' if it has not, 'malformed' for anything else
   */
  push(bytes: Buffer): Buffer | undefined {
    this.#line = Buffer.concat([this.#line, bytes]);
    const end = this.#line.indexOf('\r\n');
    if (end === -1 && this.#line.length <= MAX_LINE_BYTES) return undefined;
    const line = this.#line.toString('latin1', 0, Math.max(end, 0));
    if (/^OK( |$)/.test(line)) return this.#line.subarray(end + 2);
    if (/^REJECTED( |$)/.test(line)) throw new AgentError('refused', 'the bus does not accept this user');
    throw new AgentError('malformed', 'not the answer of a bus');
  }
}
