import { Buffer } from 'node:buffer';
import { Packr, RESERVE_START_SPACE, Unpackr } from 'msgpackr';
import { ByteCollector } from '#shared/bytes/collector.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { scanFrame } from './scan.ts';

/**
 * Frames of the session link (D8):
 *
 *     u32 length     little endian, bytes that follow, 1 to MAX_FRAME_BYTES
 *     one msgpack map, keys are strings; no extension types, at most MAX_DEPTH levels
 *
 * The format is plain msgpack so that the other end can be written in any language.
 */
export const MAX_FRAME_BYTES = 256 * 1024;

/** What a frame may hold. Binaries that were read are views of their frame, which they keep in memory. */
export type IpcValue = null | boolean | number | bigint | string | Uint8Array | readonly IpcValue[] | IpcMap;
/** Keys come from the peer, `__proto__` included. */
export type IpcMap = ReadonlyMap<string, IpcValue>;

/** What can be written: plain objects stand for maps of their own members; one that is `undefined` is left out. */
export type Encodable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Encodable[]
  | IpcMap
  | EncodableObject;
export interface EncodableObject {
  readonly [name: string]: Encodable | undefined;
}

const LENGTH_BYTES = 4;
/** A chunk of a stream and what is around it: such a frame is not moved while it comes. */
const USUAL_BYTES = 66 * 1024;
const OPTIONS = { useRecords: false, mapsAsObjects: false, skipValues: [undefined] };
const encoder = new Packr(OPTIONS);
const decoder = new Unpackr(OPTIONS);

/** @throws {AgentError} 'invalid-argument' if it does not fit a frame: longer content is a stream (flow.ts). */
export function encodeFrame(members: EncodableObject): Buffer {
  const frame = pack(members);
  const length = frame.length - LENGTH_BYTES;
  if (length > MAX_FRAME_BYTES) {
    throw new AgentError('invalid-argument', `frame of ${length} bytes, limit ${MAX_FRAME_BYTES}`);
  }
  frame.writeUInt32LE(length, 0);
  return frame;
}

const STREAM_DATA = Buffer.from('\x83\xa4kind\xabstream-data\xa2id\xce\0\0\0\0\xa4body\xc6\0\0\0\0', 'latin1');
const STREAM_ID_AT = LENGTH_BYTES + STREAM_DATA.length - 14;

/**
 * The frame of one chunk of a stream, as `encodeFrame` would say it: most of what goes over the link are these, and so the
 * chunk is copied once.
 */
export function encodeStreamData(id: number, chunk: Uint8Array): Buffer {
  const head = LENGTH_BYTES + STREAM_DATA.length;
  const length = STREAM_DATA.length + chunk.length;
  if (length > MAX_FRAME_BYTES) {
    throw new AgentError('invalid-argument', `frame of ${length} bytes, limit ${MAX_FRAME_BYTES}`);
  }
  const frame = Buffer.allocUnsafe(head + chunk.length);
  frame.writeUInt32LE(length, 0);
  frame.set(STREAM_DATA, LENGTH_BYTES);
  frame.writeUInt32BE(id, STREAM_ID_AT);
  frame.writeUInt32BE(chunk.length, head - 4);
  frame.set(chunk, head);
  return frame;
}

/** With room for the length in front, so that a large frame is not copied again. */
function pack(members: EncodableObject): Buffer {
  try {
    return encoder.encode(members, RESERVE_START_SPACE | LENGTH_BYTES);
  } catch (error) {
    throw new AgentError('invalid-argument', `cannot be said in a frame: ${messageOf(error)}`, { cause: error });
  }
}

/** Turns the byte stream of one connection, cut anywhere, into frames. Holds at most one partial frame. */
export class FrameReader {
  /** What is being read: a length, then a frame of that length. */
  #part = new ByteCollector(LENGTH_BYTES);
  #isLength = true;

  /**
   * Calls `take` for each frame that `bytes` completes.
   * @throws {AgentError} 'malformed', after the frames before it: the peer is broken, drop the connection.
   */
  push(bytes: Uint8Array, take: (frame: IpcMap) => void): void {
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + this.#part.limit - this.#part.length);
      at += piece.length;
      this.#part.add(piece);
      if (this.#part.length < this.#part.limit) return;
      const whole = this.#part.take();
      const wasLength = this.#isLength;
      this.#isLength = !wasLength;
      this.#part = new ByteCollector(wasLength ? checkedLength(whole) : LENGTH_BYTES, USUAL_BYTES);
      if (!wasLength) take(decodeFrame(whole));
    }
  }
}

/** The cap comes before the first byte is held. */
function checkedLength(field: Buffer): number {
  const length = field.readUInt32LE(0);
  if (length === 0 || length > MAX_FRAME_BYTES) {
    throw new AgentError('malformed', `frame of ${length} bytes, limit ${MAX_FRAME_BYTES}`);
  }
  return length;
}

function decodeFrame(frame: Buffer): IpcMap {
  scanFrame(frame);
  try {
    return decoder.decode(frame);
  } catch (error) {
    throw new AgentError('malformed', `frame that cannot be decoded: ${messageOf(error)}`, { cause: error });
  }
}
