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
/** The longest content that goes within an answer, and what is around it: such a frame is not moved while it comes. */
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
const ID_AT = STREAM_DATA.length - 14;
const STREAM_ID_AT = LENGTH_BYTES + ID_AT;

/**
 * What is in front of one chunk of a stream, so that both are a frame as `encodeFrame` would say it. Most of what goes over
 * the link are these, and so the chunk itself is not copied.
 */
export function encodeStreamData(id: number, chunkBytes: number): Buffer {
  const length = STREAM_DATA.length + chunkBytes;
  if (length > MAX_FRAME_BYTES) {
    throw new AgentError('invalid-argument', `frame of ${length} bytes, limit ${MAX_FRAME_BYTES}`);
  }
  const head = Buffer.allocUnsafe(LENGTH_BYTES + STREAM_DATA.length);
  head.writeUInt32LE(length, 0);
  head.set(STREAM_DATA, LENGTH_BYTES);
  head.writeUInt32BE(id, STREAM_ID_AT);
  head.writeUInt32BE(chunkBytes, head.length - 4);
  return head;
}

/** The chunk whose head this is, of a frame of so many bytes; undefined for any other frame. */
function parseStreamData(
  head: Buffer,
  frameBytes: number,
): { readonly id: number; readonly bytes: number } | undefined {
  const bytes = frameBytes - STREAM_DATA.length;
  if (head.length !== STREAM_DATA.length || head.readUInt32BE(STREAM_DATA.length - 4) !== bytes) return undefined;
  const isAlike = (from: number, to: number) => head.compare(STREAM_DATA, from, to, from, to) === 0;
  const isIt = isAlike(0, ID_AT) && isAlike(ID_AT + 4, STREAM_DATA.length - 4);
  return isIt ? { id: head.readUInt32BE(ID_AT), bytes } : undefined;
}

/** With room for the length in front, so that a large frame is not copied again. */
function pack(members: EncodableObject): Buffer {
  try {
    return encoder.encode(members, RESERVE_START_SPACE | LENGTH_BYTES);
  } catch (error) {
    throw new AgentError('invalid-argument', `cannot be said in a frame: ${messageOf(error)}`, { cause: error });
  }
}

/** Takes chunks of streams as they come. */
export interface ChunkTaker {
  /** A chunk of so many bytes begins. @throws {AgentError} as FrameReader.push */
  begun(id: number, bytes: number): void;
  /** The next bytes of it; valid during the call only. */
  more(bytes: Uint8Array): void;
}

/** Turns the byte stream of one connection, cut anywhere, into frames. Holds at most one partial frame. */
export class FrameReader {
  readonly #chunks: ChunkTaker | undefined;
  /** Bytes of the frame that is being read; undefined while it is its length that is read. */
  #frameBytes: number | undefined;
  #part = new ByteCollector(LENGTH_BYTES);
  /** Of a chunk of a stream, which is not gathered. */
  #chunkLeft = 0;

  /** @param chunks takes those of streams as they come; default: they are frames like others */
  constructor(chunks?: ChunkTaker) {
    this.#chunks = chunks;
  }

  /**
   * Calls `take` for each frame that `bytes` completes.
   * @throws {AgentError} 'malformed', after the frames before it: the peer is broken, drop the connection.
   */
  push(bytes: Uint8Array, take: (frame: IpcMap) => void): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#chunkLeft > 0) {
        const piece = bytes.subarray(at, at + this.#chunkLeft);
        at += piece.length;
        this.#chunkLeft -= piece.length;
        this.#chunks?.more(piece);
        continue;
      }
      const piece = bytes.subarray(at, at + this.#part.limit - this.#part.length);
      at += piece.length;
      this.#part.add(piece);
      if (this.#part.length === this.#part.limit) this.#proceed(this.#part.take(), take);
    }
  }

  #proceed(part: Buffer, take: (frame: IpcMap) => void): void {
    const length = this.#frameBytes;
    if (length === undefined) {
      this.#frameBytes = checkedLength(part);
      this.#part = new ByteCollector(this.#headBytes(this.#frameBytes), USUAL_BYTES);
      return;
    }
    const isHead = this.#chunks !== undefined && part.length <= STREAM_DATA.length;
    const chunk = isHead ? parseStreamData(part, length) : undefined;
    if (chunk === undefined && part.length < length) {
      this.#part = new ByteCollector(length, USUAL_BYTES);
      this.#part.add(part);
      return;
    }
    this.#frameBytes = undefined;
    this.#part = new ByteCollector(LENGTH_BYTES);
    if (chunk === undefined) return take(decodeFrame(part));
    this.#chunkLeft = chunk.bytes;
    this.#chunks?.begun(chunk.id, chunk.bytes);
  }

  /** So much of a frame shows whether it is a chunk. */
  #headBytes(frameBytes: number): number {
    return this.#chunks === undefined ? frameBytes : Math.min(frameBytes, STREAM_DATA.length);
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
