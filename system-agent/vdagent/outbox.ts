import { Buffer } from 'node:buffer';
import { encodeChunkHead, type Port } from '#protocol/vdagent/chunk.ts';
import { encodeMessageStart } from '#protocol/vdagent/message.ts';
import { type Content, Flow, type FlowReader } from '#shared/bytes/flow.ts';
import type { Channel } from '../channels/channel.ts';

interface Message {
  readonly port: Port;
  readonly type: number;
  readonly body: Uint8Array;
}

interface Outgoing extends Message {
  /** Behind the body. */
  readonly content: FlowReader | undefined;
  readonly contentBytes: number;
}

/** Largest chunk of a content. The SPICE server reads a chunk by slices and QEMU as a whole, so that each costs the host. */
const MAX_CHUNK_BYTES = 64 * 1024;

/** Content up to this goes out with what is in front of it: each write to a port wakes its host. */
const SHORT_BYTES = 2048;

/** Bodies that wait for a slow host. Beyond this, content is not sent at all. */
export const MAX_WAITING_BYTES = 128 * 1024 * 1024;
/** Messages that wait, beyond which the host is not read: it asks and asks and takes no answer. */
const MAX_WAITING_MESSAGES = 1024;

/**
 * Messages on their way to one host: each whole before the next one begins, and none further than the host reads.
 * The SPICE server removes an agent that splits a header or puts two messages into a chunk.
 */
export class Outbox {
  readonly #channel: Pick<Channel, 'write'>;
  /** Answers that must not wait for somebody's 20 MB image. */
  readonly #urgent: Outgoing[] = [];
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  /** The message whose content is going out, and how much of it has not gone. */
  #current: Outgoing | undefined;
  #left = 0;
  #isBlocked = false;

  constructor(channel: Pick<Channel, 'write'>) {
    this.#channel = channel;
  }

  /** No message is under way or waits. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#urgent.length + this.#waiting.length === 0;
  }

  get isCrowded(): boolean {
    return this.#urgent.length + this.#waiting.length > MAX_WAITING_MESSAGES;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#waitingBytes + bytes <= MAX_WAITING_BYTES;
  }

  /** @param content the end of the body; all of it has come */
  put(message: Message, content?: Content): void {
    const outgoing = outgoingOf(message, content);
    this.#waiting.push(outgoing);
    this.#waitingBytes += lengthOf(outgoing);
    this.#flush();
  }

  /** Ahead of what was `put` and has not begun. */
  putUrgent(message: Message): void {
    this.#urgent.push({ ...message, content: undefined, contentBytes: 0 });
    this.#flush();
  }

  /** Forgets what was `put` and has not begun: it was for a client that is gone. */
  forgetWaiting(): void {
    for (const { content } of this.#waiting) content?.stop();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  drained(): void {
    this.#isBlocked = false;
    this.#flush();
  }

  #flush(): void {
    while (!this.#isBlocked) {
      if (this.#current?.content !== undefined) this.#continue(this.#current.port, this.#current.content);
      else if (!this.#begin()) return;
    }
  }

  #continue(port: Port, content: FlowReader): void {
    const part = content.take(MAX_CHUNK_BYTES);
    this.#isBlocked = !this.#channel.write(encodeChunkHead(port, part.length), part);
    content.release();
    this.#left -= part.length;
    if (this.#left > 0) return;
    content.stop();
    this.#current = undefined;
  }

  #begin(): boolean {
    const next = this.#urgent.shift() ?? this.#nextWaiting();
    if (next === undefined) return false;
    const { port, type, body } = next;
    this.#left = next.contentBytes;
    if (this.#left > 0) this.#current = next;
    this.#isBlocked = !this.#channel.write(encodeMessageStart(port, type, lengthOf(next), body));
    return true;
  }

  #nextWaiting(): Outgoing | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#waitingBytes -= lengthOf(next);
    return next;
  }
}

function outgoingOf(message: Message, content: Content | undefined): Outgoing {
  if (content instanceof Flow) return { ...message, content: content.read(), contentBytes: content.length };
  if (content === undefined || content.length <= SHORT_BYTES) {
    const body = content === undefined ? message.body : Buffer.concat([message.body, content]);
    return { ...message, body, content: undefined, contentBytes: 0 };
  }
  return { ...message, content: Flow.of(content).read(), contentBytes: content.length };
}

function lengthOf({ body, contentBytes }: Outgoing): number {
  return body.length + contentBytes;
}
