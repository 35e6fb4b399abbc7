import { MAX_DIRECT_BYTES } from '#protocol/ipc/messages/clipboard.ts';
import type { Port } from '#protocol/vdagent/chunk.ts';
import { MessageReader } from '#protocol/vdagent/message.ts';
import { clipboard as clipboardContent } from '#protocol/vdagent/messages/clipboard.ts';
import { decodeMessage, type Message } from '#protocol/vdagent/messages/index.ts';
import { headBytesOf } from '#protocol/vdagent/messages/spec.ts';
import type { Flow } from '#shared/bytes/flow.ts';
import type { ClientState } from './client.ts';
import type { ProtocolErrors } from './protocol-errors.ts';

/** @param long clipboard content behind the message that is still coming */
export type TakeMessage = (message: Message, port: Port, long?: Flow) => void;

export interface IncomingOptions {
  /** Longest clipboard content that is taken. */
  readonly maxContentBytes: number;
  /** How messages look depends on what the client has announced. */
  readonly client: () => ClientState;
  /** Memory for a piece of a file. */
  readonly allocatePiece: (bytes: number) => Buffer;
  readonly errors: ProtocolErrors;
  readonly take: TakeMessage;
}

/** Selection and type in front of the content. */
const CONTENT_OVERHEAD = 8;
/** Content beyond this is passed on while it comes. What is shorter goes to the session within an answer. */
const LONG_BYTES = CONTENT_OVERHEAD + MAX_DIRECT_BYTES;

/** Bytes of one host as messages. What is wrong in itself is counted and goes no further. */
export class Incoming {
  readonly #options: IncomingOptions;
  #reader: MessageReader;

  constructor(options: IncomingOptions) {
    this.#options = options;
    this.#reader = this.#newReader();
  }

  /** No message has begun and not ended. */
  get isIdle(): boolean {
    return this.#reader.isIdle;
  }

  /** The client is in the middle of sending clipboard content. */
  get isContentUnderway(): boolean {
    return this.#reader.underway('client') === clipboardContent.type;
  }

  /** @throws {AgentError} 'malformed': the stream is broken, nothing more of it can be read */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes, (event) => {
      if (event.kind === 'skipped') {
        return this.#options.errors.count(event.reason, { type: event.type, bytes: event.size });
      }
      this.#take(event.port, event.type, event.body);
    });
  }

  /** Another host begins: half a message of the former one is forgotten. */
  reset(): void {
    this.#reader.abandon();
    this.#reader = this.#newReader();
  }

  #newReader(): MessageReader {
    const { maxContentBytes, client, allocatePiece } = this.#options;
    return new MessageReader({
      from: 'host',
      maxClipboardBytes: CONTENT_OVERHEAD + maxContentBytes,
      allocatePiece,
      long: {
        moreThanBytes: LONG_BYTES,
        headBytes: () => headBytesOf(clipboardContent, client().capabilities),
        begun: (port, type, head, content) => {
          this.#take(port, type, head, content);
          // Those who wait for it have it now; where nobody does, its bytes are counted down as they come.
          content.closeToReaders();
        },
      },
    });
  }

  #take(port: Port, type: number, body: Buffer, long?: Flow): void {
    const { client, errors, take } = this.#options;
    const message = decodeMessage(type, body, { receiver: 'guest', port, peer: client().capabilities });
    if (message.name === 'ignored') errors.count(message.reason, { type, bytes: body.length });
    else take(message, port, long);
  }
}
