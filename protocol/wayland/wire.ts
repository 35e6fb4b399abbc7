import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import type { Argument } from './interface.ts';

/**
 * Messages of the Wayland protocol: id of an object, then size (with this head) << 16 | opcode, then the arguments, each
 * padded to four bytes. Numbers are in the order of the machine, and every machine that we are built for is little-endian.
 * Source: wayland-book.com, "Wire protocol basics"; libwayland's connection.c.
 */
export const MAX_MESSAGE_BYTES = 4096;
const HEAD_BYTES = 8;
const WORD = 4;

/** Ids from here on are given by the server. */
export const FIRST_SERVER_ID = 0xff00_0000;

/** By `Argument`: numbers and ids, texts, arrays; undefined for what is absent. A descriptor is its number. */
export type WireValue = number | string | Uint8Array | undefined;

export interface Frame {
  readonly object: number;
  readonly opcode: number;
  readonly body: Buffer;
}

/**
 * @param shape of the arguments, in the order of the wire
 * @throws {AgentError} 'invalid-argument' for what the wire cannot say
 */
export function encodeMessage(
  object: number,
  opcode: number,
  shape: readonly Argument[],
  values: readonly WireValue[],
): Buffer {
  if (values.length !== shape.length) throw unsayable(`${values.length} arguments instead of ${shape.length}`);
  const parts = shape.map((argument, index) => encodeArgument(argument, values[index]));
  const size = parts.reduce((sum, { length }) => sum + length, HEAD_BYTES);
  if (size > MAX_MESSAGE_BYTES) throw unsayable(`a message of ${size} bytes`);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(object, 0);
  head.writeUInt32LE(size * 0x1_0000 + opcode, WORD);
  return Buffer.concat([head, ...parts], size);
}

function encodeArgument(argument: Argument, value: WireValue): Buffer {
  switch (argument) {
    case 'int':
      return word((bytes) => bytes.writeInt32LE(numberOf(value)));
    case 'fixed':
      return word((bytes) => bytes.writeInt32LE(Math.round(256 * numberOf(value))));
    case 'fd':
      return NOTHING;
    case 'string?':
    case 'object?':
      if (value === undefined) return word((bytes) => bytes.writeUInt32LE(0));
      return encodeArgument(argument === 'string?' ? 'string' : 'object', value);
    case 'string': {
      if (typeof value !== 'string' || value.includes('\0')) throw unsayable('not a text, or one with a NUL in it');
      return sized(Buffer.from(`${value}\0`));
    }
    case 'array':
      if (!(value instanceof Uint8Array)) throw unsayable('not bytes');
      return sized(value);
    default:
      return word((bytes) => bytes.writeUInt32LE(numberOf(value)));
  }
}

/**
 * Reads the arguments of one message.
 * @param takeDescriptors the next of those that came beside the bytes, all that are asked for or none; they belong to
 *   whoever gets the values. Not called for a message that cannot be read.
 * @throws {AgentError} 'malformed'
 */
export function decodeArguments(
  body: Buffer,
  shape: readonly Argument[],
  takeDescriptors: (count: number) => readonly number[] | undefined,
): readonly WireValue[] {
  const reader = new ArgumentReader(body);
  const values = shape.map((argument) => (argument === 'fd' ? undefined : reader.next(argument)));
  if (!reader.isAtEnd) throw malformed('more in a message than its arguments');
  const wanted = shape.filter((argument) => argument === 'fd').length;
  if (wanted === 0) return values;
  const descriptors = takeDescriptors(wanted)?.[Symbol.iterator]();
  if (descriptors === undefined) throw malformed('a message without its descriptor');
  return values.map((value, index) => (shape[index] === 'fd' ? descriptors.next().value : value));
}

class ArgumentReader {
  #at = 0;

  constructor(private readonly body: Buffer) {}

  get isAtEnd(): boolean {
    return this.#at === this.body.length;
  }

  next(argument: Exclude<Argument, 'fd'>): WireValue {
    switch (argument) {
      case 'int':
        return this.#word().readInt32LE();
      case 'fixed':
        return this.#word().readInt32LE() / 256;
      case 'string':
      case 'string?': {
        const bytes = this.#sized();
        if (bytes.length === 0 && argument === 'string?') return undefined;
        if (bytes.length === 0 || bytes.indexOf(0) !== bytes.length - 1)
          throw malformed('a text that does not end with its only NUL');
        return bytes.toString('utf8', 0, bytes.length - 1);
      }
      case 'array':
        return Buffer.from(this.#sized());
      case 'object?':
        return this.#word().readUInt32LE() || undefined;
      case 'uint':
        return this.#word().readUInt32LE();
      default: {
        const id = this.#word().readUInt32LE();
        if (id === 0) throw malformed('no object where there must be one');
        return id;
      }
    }
  }

  #word(): Buffer {
    return this.#take(WORD);
  }

  #sized(): Buffer {
    const length = this.#word().readUInt32LE();
    const bytes = this.#take(length);
    this.#take(paddingOf(length));
    return bytes;
  }

  #take(length: number): Buffer {
    if (length > this.body.length - this.#at) throw malformed('an argument beyond the end of its message');
    const bytes = this.body.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}

/** Cuts a stream of bytes into messages. After an error it is of no use any more. */
export class Frames {
  #rest: Buffer = NOTHING;

  /**
   * @param onFrame called with each whole message; its bytes are valid during the call only
   * @throws {AgentError} 'malformed', and what `onFrame` throws
   */
  push(bytes: Buffer, onFrame: (frame: Frame) => void): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const second = all.readUInt32LE(at + WORD);
      const size = second >>> 16;
      if (size < HEAD_BYTES || size % WORD !== 0 || size > MAX_MESSAGE_BYTES)
        throw malformed(`a message of ${size} bytes`);
      if (all.length - at < size) break;
      onFrame({
        object: all.readUInt32LE(at),
        opcode: second & 0xffff,
        body: all.subarray(at + HEAD_BYTES, at + size),
      });
      at += size;
    }
    this.#rest = at === all.length ? NOTHING : Buffer.from(all.subarray(at));
  }
}

const NOTHING = Buffer.alloc(0);

function word(write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(WORD);
  try {
    write(bytes);
  } catch (error) {
    throw unsayable('a number beyond 32 bits', error);
  }
  return bytes;
}

function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(WORD);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.alloc(paddingOf(bytes.length))]);
}

function paddingOf(length: number): number {
  return -length & (WORD - 1);
}

function numberOf(value: WireValue): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw unsayable('not a number');
  return value;
}

function malformed(what: string): AgentError {
  return new AgentError('malformed', `Wayland: ${what}`);
}

function unsayable(what: string, cause?: unknown): AgentError {
  return new AgentError('invalid-argument', `cannot be said on Wayland: ${what}`, { cause });
}
