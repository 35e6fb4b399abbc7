import { ByteCollector } from '#shared/bytes/collector.ts';
import { AgentError } from '#shared/errors.ts';

/** A bus allows 128 MiB; nothing that is asked here comes near this. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const PREFIX_BYTES = 16;
const LITTLE_ENDIAN = 0x6c;
const BIG_ENDIAN = 0x42;

/**
 * Cuts the byte stream of a bus into messages. The sizes stand in the first 16 bytes:
 *
 *     u8 byte order ('l' or 'B')   u8 type   u8 flags   u8 version 1   u32 body bytes   u32 serial   u32 header bytes
 *
 * then the header fields, padded to 8, and the body. Source: D-Bus specification, Message Protocol.
 */
export class MessageFrames {
  #part = new ByteCollector(PREFIX_BYTES);
  #prefix: Buffer | undefined;

  /**
   * Calls `take` for each message that `bytes` completes.
   * @throws {AgentError} 'malformed': the stream cannot be followed any further
   */
  push(bytes: Uint8Array, take: (message: Buffer) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + this.#part.limit - this.#part.length);
      at += piece.length;
      this.#part.add(piece);
      if (this.#part.length < this.#part.limit) return;
      const whole = this.#part.take();
      if (this.#prefix === undefined) {
        const remaining = remainingBytes(whole);
        if (remaining > 0) {
          this.#prefix = whole;
          this.#part = new ByteCollector(remaining);
          continue;
        }
      }
      const message = this.#prefix === undefined ? whole : Buffer.concat([this.#prefix, whole]);
      this.#prefix = undefined;
      this.#part = new ByteCollector(PREFIX_BYTES);
      take(message);
    }
  }
}

/** The cap comes before the first byte is held. */
function remainingBytes(prefix: Buffer): number {
  const order = prefix[0];
  if (order !== LITTLE_ENDIAN && order !== BIG_ENDIAN) throw new AgentError('malformed', `byte order ${order}`);
  if (prefix[3] !== 1) throw new AgentError('malformed', `D-Bus protocol version ${prefix[3]}`);
  const read = (offset: number) =>
    order === LITTLE_ENDIAN ? prefix.readUInt32LE(offset) : prefix.readUInt32BE(offset);
  const remaining = Math.ceil(read(12) / 8) * 8 + read(4);
  if (PREFIX_BYTES + remaining > MAX_MESSAGE_BYTES) {
    throw new AgentError('malformed', `D-Bus message of ${remaining} bytes, limit ${MAX_MESSAGE_BYTES}`);
  }
  return remaining;
}
