import { Buffer } from 'node:buffer';
import { type Content, Flow } from '#shared/bytes/flow.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { readAvailable } from '#shared/native/descriptor.ts';
import { type OwnedWatch, watchOwned } from '#shared/native/owned-watch.ts';
import { watchReadiness } from '#shared/native/readiness.ts';
import { SILENCE_MS } from '../../content/silence.ts';

/** Content up to this length is no flow: it goes within one message. */
const SHORT_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;
/** Reads before others have their turn: whoever writes as fast as we read would be read to its end. */
const READS_AT_ONCE = 16;

/** One for all: what was read is copied before anybody else reads. */
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * What an application writes into a pipe, until it closes it: Wayland has no other word for the end, so content that was cut
 * because its owner died looks whole.
 *
 * @param fd read end, non-blocking; is taken over
 * @param signal gives it up, until there is an answer
 * @returns undefined when nothing comes in time, or more than `maxBytes`; what shows later fails the flow
 */
export function receiveContent(fd: number, maxBytes: number, signal: AbortSignal): Promise<Content | undefined> {
  return new Promise((resolve) => new Incoming(fd, maxBytes, signal, resolve));
}

class Incoming {
  readonly #owned: OwnedWatch;
  readonly #content = new Flow(undefined, () => this.#close());
  readonly #deadline: NodeJS.Timeout;
  readonly #giveUp = () => this.#fail('given up');
  #isAnswered = false;

  constructor(
    private readonly fd: number,
    private readonly maxBytes: number,
    private readonly signal: AbortSignal,
    private readonly answer: (content: Content | undefined) => void,
  ) {
    this.#owned = watchOwned(fd, () => watchReadiness(fd, () => this.#read(), { writable: false }));
    this.#deadline = setTimeout(() => this.#fail('nothing comes any more'), SILENCE_MS);
    signal.addEventListener('abort', this.#giveUp);
    if (signal.aborted) this.#giveUp();
  }

  #read(): void {
    try {
      for (let left = READS_AT_ONCE; this.#owned.open; left--) {
        if (left === 0) return void setImmediate(() => this.#read());
        const count = readAvailable(this.fd, buffer);
        if (count === undefined) return;
        if (count === 0) return this.#finish();
        this.#deadline.refresh();
        if (this.#content.arrived + count > this.maxBytes) return this.#fail('more than is wanted');
        this.#content.add(buffer.subarray(0, count));
        if (this.#content.arrived > SHORT_BYTES) this.#give(this.#content);
      }
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #finish(): void {
    this.#close();
    this.#content.finish();
    if (this.#isAnswered) return;
    // One piece, and there already: nobody has to wait for it.
    this.#content.whole().then((whole) => this.#give(whole));
  }

  #fail(why: string): void {
    this.#close();
    this.#content.fail(new AgentError('failed', `the application's content: ${why}`));
    this.#give(undefined);
  }

  #give(content: Content | undefined): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.signal.removeEventListener('abort', this.#giveUp);
    this.answer(content);
  }

  #close(): void {
    clearTimeout(this.#deadline);
    this.#owned.close();
  }
}
