import type { Readable } from 'node:stream';
import { AgentError } from '#shared/errors.ts';

/** All of standard input. @throws {AgentError} 'invalid-argument' beyond the limit */
export async function readAll(stdin: Readable, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > maxBytes) throw new AgentError('invalid-argument', `more than ${maxBytes} bytes on standard input`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
