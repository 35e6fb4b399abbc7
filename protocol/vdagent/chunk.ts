import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';

/**
 * Chunk layer of the SPICE agent channel.
 *
 *     u32 port   1 = client (the viewer), 2 = server (the SPICE server itself)
 *     u32 size   payload bytes that follow
 *     u8  payload[size]
 *
 * All integers are little endian. Source: spice-protocol, vd_agent.h, VDIChunkHeader and VD_AGENT_MAX_DATA_SIZE.
 */
export type Port = 'client' | 'server';

const HEADER_BYTES = 8;
const PORTS: ReadonlyMap<number, Port> = new Map([
  [1, 'client'],
  [2, 'server'],
]);
const PORT_NUMBERS: Readonly<Record<Port, number>> = { client: 1, server: 2 };

/** Largest payload that a host sends: VD_AGENT_MAX_DATA_SIZE. Guests may send any, and only long content is worth it. */
export const MAX_CHUNK_BYTES = 2048;

/** A part of one chunk's payload. `bytes` is a view of what was pushed. */
export interface ChunkPart {
  readonly port: Port;
  readonly bytes: Uint8Array;
  /** The first part of its chunk. */
  readonly first: boolean;
  /** Payload bytes of the same chunk that are still to come. */
  readonly left: number;
}

/**
 * Turns a byte stream, cut anywhere, into parts of chunks. Holds nothing but a partial header: a chunk of a guest may
 * have any size (spice-vdagentd sends a whole clipboard in one).
 */
export class ChunkReader {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerLength = 0;
  #port: Port = 'client';
  #left = 0;
  #first = true;

  /** @param maxBytes largest payload accepted: MAX_CHUNK_BYTES from a host, more from a guest. */
  constructor(readonly maxBytes: number = MAX_CHUNK_BYTES) {}

  /** The next byte begins a chunk. */
  get isIdle(): boolean {
    return this.#headerLength === 0 && this.#left === 0;
  }

  /** @throws {AgentError} 'malformed': the stream cannot be resynchronised; close the channel. */
  push(bytes: Uint8Array, take: (part: ChunkPart) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        at += this.#readHeader(bytes, at);
        continue;
      }
      const part = bytes.subarray(at, at + this.#left);
      const first = this.#first;
      at += part.length;
      this.#left -= part.length;
      this.#first = false;
      take({ port: this.#port, bytes: part, first, left: this.#left });
    }
  }

  /** @returns how much of it came */
  #readHeader(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + HEADER_BYTES - this.#headerLength);
    this.#header.set(part, this.#headerLength);
    this.#headerLength += part.length;
    if (this.#headerLength < HEADER_BYTES) return part.length;
    const number = this.#header.readUInt32LE(0);
    const size = this.#header.readUInt32LE(4);
    const port = PORTS.get(number);
    if (port === undefined) throw new AgentError('malformed', `chunk for unknown port ${number}`);
    if (size > this.maxBytes) throw new AgentError('malformed', `chunk of ${size} bytes, limit ${this.maxBytes}`);
    this.#headerLength = 0;
    this.#port = port;
    this.#left = size;
    this.#first = true;
    return part.length;
  }
}

/** What is in front of a chunk's payload. */
export function encodeChunkHead(port: Port, bytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEADER_BYTES);
  head.writeUInt32LE(PORT_NUMBERS[port], 0);
  head.writeUInt32LE(bytes, 4);
  return head;
}

/** `parts`, which follow each other, as chunks of at most MAX_CHUNK_BYTES, one after the other; no bytes, no chunk. */
export function encodeChunks(port: Port, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const chunks = Buffer.allocUnsafe(Math.ceil(length / MAX_CHUNK_BYTES) * HEADER_BYTES + length);
  let at = 0;
  let done = 0;
  let room = 0; // in the chunk that was begun
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      if (room === 0) {
        room = Math.min(MAX_CHUNK_BYTES, length - done);
        at = chunks.writeUInt32LE(PORT_NUMBERS[port], at);
        at = chunks.writeUInt32LE(room, at);
      }
      const payload = part.subarray(from, from + room);
      chunks.set(payload, at);
      at += payload.length;
      from += payload.length;
      done += payload.length;
      room -= payload.length;
    }
  }
  return chunks;
}
