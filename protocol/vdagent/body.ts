import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';

/** Reads the fields of one message body in order: little endian, packed. Reading past the end is 'malformed'. */
export class BodyReader {
  #at = 0;

  constructor(readonly body: Buffer) {}

  get left(): number {
    return this.body.length - this.#at;
  }

  u8(): number {
    return this.body.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.body.readUInt16LE(this.#skip(2));
  }

  u32(): number {
    return this.body.readUInt32LE(this.#skip(4));
  }

  i32(): number {
    return this.body.readInt32LE(this.#skip(4));
  }

  u64(): bigint {
    return this.body.readBigUInt64LE(this.#skip(8));
  }

  /** A view of the body. */
  bytes(length: number): Buffer {
    const at = this.#skip(length);
    return this.body.subarray(at, at + length);
  }

  /** What is left, as a view of the body. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  #skip(length: number): number {
    if (length > this.left) throw new AgentError('malformed', `${this.left} bytes left in the body, ${length} needed`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** Writes the fields of one message body in order. A value that its field cannot hold is a RangeError: a bug of ours. */
export class BodyWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    const field = Buffer.alloc(1);
    field.writeUInt8(value);
    return this.bytes(field);
  }

  u16(value: number): this {
    const field = Buffer.alloc(2);
    field.writeUInt16LE(value);
    return this.bytes(field);
  }

  u32(value: number): this {
    const field = Buffer.alloc(4);
    field.writeUInt32LE(value);
    return this.bytes(field);
  }

  i32(value: number): this {
    const field = Buffer.alloc(4);
    field.writeInt32LE(value);
    return this.bytes(field);
  }

  u64(value: bigint): this {
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(value);
    return this.bytes(field);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
