import { Buffer } from 'node:buffer';
import { ByteCollector } from '#shared/bytes/collector.ts';
import { Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import { type ChunkPart, ChunkReader, encodeChunks, MAX_CHUNK_BYTES, type Port } from './chunk.ts';
import { clientDisconnected } from './messages/client-disconnected.ts';
import { clipboard } from './messages/clipboard.ts';
import { fileTransferData } from './messages/file-transfer.ts';

/**
 * Message layer of the SPICE agent channel, inside the chunks of one port:
 *
 *     u32 protocol   1
 *     u32 type
 *     u64 opaque     0
 *     u32 size       bytes that follow
 *     u8  body[size]
 *
 * Source: spice-protocol, vd_agent.h, VDAgentMessage.
 */
const HEADER_BYTES = 20;
const PROTOCOL = 1;

/** A piece of a file as spice-gtk sends it: such a message is not moved while it comes. */
const USUAL_BYTES = 66 * 1024;

/** Longest body of every message but CLIPBOARD. */
export const MAX_BODY_BYTES = 1024 * 1024;

export type MessageEvent =
  | { readonly kind: 'message'; readonly port: Port; readonly type: number; readonly body: Buffer }
  /** The body is not kept: its bytes are counted down as they come. Told when the header is read. */
  | {
      readonly kind: 'skipped';
      readonly reason: 'wrong-protocol' | 'too-large';
      readonly port: Port;
      readonly type: number;
      readonly size: number;
    };

export interface MessageReaderOptions {
  /**
   * Who writes the stream. A host's chunks have at most 2048 bytes and may cut a message anywhere. A guest's may be
   * longer, but the first one of a message holds at least its header, or the SPICE server removes the agent.
   */
  readonly from: 'host' | 'guest';
  /** Longest body of a CLIPBOARD message, in bytes. */
  readonly maxClipboardBytes: number;
  /** For CLIPBOARD messages that are no event, but passed on while they come; default: none. */
  readonly long?: LongContents;
  /** Makes memory, of any content, for pieces of files, which come a thousand a second; default: new memory each time. */
  readonly allocatePiece?: (bytes: number) => Buffer;
}

export interface LongContents {
  /** Bodies of more bytes are long. */
  readonly moreThanBytes: number;
  /** How much of a body is in front of the content. */
  headBytes(): number;
  /** The head is there; the content is still coming, or has failed because it is too long. */
  begun(port: Port, type: number, head: Buffer, content: Flow): void;
}

/** Turns the byte stream of one connection, cut anywhere, into messages. Holds at most one partial message per port. */
export class MessageReader {
  readonly #chunks: ChunkReader;
  readonly #options: MessageReaderOptions;
  readonly #partial: Readonly<Record<Port, PartialMessage>> = {
    client: new PartialMessage(),
    server: new PartialMessage(),
  };

  constructor(options: MessageReaderOptions) {
    this.#options = options;
    this.#chunks = new ChunkReader(options.from === 'host' ? MAX_CHUNK_BYTES : ANY_SIZE);
  }

  /**
   * Calls `take` for each event in `bytes`, bodies as memory of their own.
   * @throws {AgentError} 'malformed' for a broken frame, after the events before it; close the channel. A message that
   *   is wrong only in itself is an event, and the channel stays.
   */
  push(bytes: Uint8Array, take: (event: MessageEvent) => void): void {
    this.#chunks.push(bytes, (part) => this.#add(part, take));
  }

  /** What is half said will not be said to the end. */
  abandon(): void {
    for (const message of Object.values(this.#partial)) message.abandon();
  }

  /** The next byte begins a chunk, and with it a message. */
  get isIdle(): boolean {
    return this.#chunks.isIdle && this.#partial.client.isEmpty && this.#partial.server.isEmpty;
  }

  /** Type of the message whose body `port` is in the middle of. */
  underway(port: Port): number | undefined {
    const message = this.#partial[port];
    return message.hasStarted ? message.type : undefined;
  }

  #add(part: ChunkPart, take: (event: MessageEvent) => void): void {
    const message = this.#partial[part.port];
    if (this.#options.from === 'guest' && part.first && message.isEmpty) refuseSplitHeader(part);
    const body = message.addHeader(part.bytes);
    if (body === undefined) return;
    if (body.length + part.left > message.left) {
      throw new AgentError('malformed', `chunk runs past the end of message type ${message.type}`);
    }
    if (!message.hasStarted) {
      const reason = this.#reasonToSkip(message);
      const head = reason === 'wrong-protocol' ? undefined : this.#headOfLong(message);
      if (reason && head === undefined) {
        take({ kind: 'skipped', reason, port: part.port, type: message.type, size: message.left });
      }
      message.start(reason, head, message.type === fileTransferData.type ? this.#options.allocatePiece : undefined);
    }
    const { type } = message;
    message.addBody(body, (head, content) => this.#options.long?.begun(part.port, type, head, content));
    if (message.left > 0) return;
    const whole = message.finish();
    // The client's last words may have been half a message; the next client's must not be its end.
    if (type === clientDisconnected.type && part.port === 'server') this.#partial.client.abandon();
    if (whole) take({ kind: 'message', port: part.port, type, body: whole });
  }

  #headOfLong(message: PartialMessage): number | undefined {
    const { long } = this.#options;
    if (long === undefined || message.type !== clipboard.type || message.left <= long.moreThanBytes) return undefined;
    return long.headBytes();
  }

  #reasonToSkip(message: PartialMessage): 'wrong-protocol' | 'too-large' | undefined {
    if (message.protocol !== PROTOCOL) return 'wrong-protocol';
    const cap = message.type === clipboard.type ? this.#options.maxClipboardBytes : MAX_BODY_BYTES;
    return message.left > cap ? 'too-large' : undefined;
  }
}

/** A guest's chunk is bounded by what its size field can say; nothing of it is held. */
const ANY_SIZE = 0xffff_ffff;

function refuseSplitHeader(part: ChunkPart): void {
  const size = part.bytes.length + part.left;
  if (size < HEADER_BYTES) throw new AgentError('malformed', `message begins with a chunk of ${size} bytes`);
}

/** The message that a port is in the middle of. */
class PartialMessage {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerLength = 0;
  /** Undefined before the start, and for a body that is skipped. */
  #body: ByteCollector | undefined;
  /** Of a long one, behind the head that the body then is. */
  #content: Flow | undefined;
  hasStarted = false;
  /** Bytes of the body that are still to come; known once the header is whole. */
  left = 0;

  get isEmpty(): boolean {
    return this.#headerLength === 0;
  }

  get protocol(): number {
    return this.#header.readUInt32LE(0);
  }

  get type(): number {
    return this.#header.readUInt32LE(4);
  }

  /** @returns the bytes after the header; undefined while the header is not whole. */
  addHeader(bytes: Uint8Array): Uint8Array | undefined {
    const missing = HEADER_BYTES - this.#headerLength;
    if (missing === 0) return bytes;
    const part = bytes.subarray(0, missing);
    this.#header.set(part, this.#headerLength);
    this.#headerLength += part.length;
    if (part.length < missing) return undefined;
    this.left = this.#header.readUInt32LE(16);
    return bytes.subarray(missing);
  }

  /** @param headBytes of a long one, which is told of also when its content is not kept */
  start(reasonToSkip: string | undefined, headBytes: number | undefined, allocate?: (bytes: number) => Buffer): void {
    this.hasStarted = true;
    if (reasonToSkip !== undefined && headBytes === undefined) return;
    this.#body = new ByteCollector(headBytes ?? this.left, USUAL_BYTES, allocate);
    if (headBytes === undefined) return;
    this.#content = new Flow(this.left - headBytes);
    if (reasonToSkip !== undefined) this.#content.fail(new AgentError('refused', 'the content is too long'));
  }

  addBody(bytes: Uint8Array, begun: (head: Buffer, content: Flow) => void): void {
    this.left -= bytes.length;
    const content = this.#content;
    if (content === undefined) return this.#body?.add(bytes);
    content.add(this.#body === undefined ? bytes : this.#addHead(this.#body, bytes, (head) => begun(head, content)));
    if (this.left === 0) content.finish();
  }

  /** @returns what is behind the head */
  #addHead(head: ByteCollector, bytes: Uint8Array, begun: (head: Buffer) => void): Uint8Array {
    const part = bytes.subarray(0, head.limit - head.length);
    head.add(part);
    if (head.length === head.limit) {
      this.#body = undefined;
      begun(head.take());
    }
    return bytes.subarray(part.length);
  }

  /** The rest does not come. */
  abandon(): void {
    this.#content?.fail(new AgentError('cancelled', 'the client has left'));
    this.finish();
  }

  /** @returns the body unless it was skipped; ready for the next message. */
  finish(): Buffer | undefined {
    const body = this.#content === undefined ? this.#body?.take() : undefined;
    this.#headerLength = 0;
    this.#body = undefined;
    this.#content = undefined;
    this.hasStarted = false;
    this.left = 0;
    return body;
  }
}

/** A whole message as chunks: the first holds the header, and the last ends with the message. */
export function encodeMessage(port: Port, type: number, body: Uint8Array): Buffer {
  return encodeMessageStart(port, type, body.length, body);
}

/**
 * The beginning of a message whose body comes in parts; the others follow in chunks of their own, and nothing else on this
 * port until `size` bytes have gone out.
 */
export function encodeMessageStart(port: Port, type: number, size: number, ...parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(PROTOCOL, 0);
  header.writeUInt32LE(type, 4);
  header.writeUInt32LE(size, 16);
  return encodeChunks(port, header, ...parts);
}
