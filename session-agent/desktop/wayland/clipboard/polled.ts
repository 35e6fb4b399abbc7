import type { ClipboardType, Selection } from '#protocol/ipc/messages/clipboard.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { ClipboardListener, ClipboardPort, Provide } from '../../backend.ts';

/** A clipboard that can only be looked at and written, as a whole. */
export interface PlainText {
  /** @throws {Error} when it cannot be looked at; '' when there is no text */
  read(): Promise<string>;
  /** @throws {Error} */
  write(text: string): Promise<void>;
}

/** Between two looks. */
export const LOOK_MS = 1_000;
/** A look that is slow is taken more seldom: it is the user's processor, and each look may cost a window its focus. */
const SHARE = 10;
const LONGEST_LOOK_MS = 10_000;
/** Text goes where nobody may ever paste it, and is read again with each look. */
export const MAX_POLLED_BYTES = 1024 * 1024;
/** For what is under way when the agent ends. */
const LEAVE_MS = 2_000;

/**
 * The last resort (decision 29): text alone, looked for each second while somebody on the host's side can have it, and handed
 * over when it is copied, not when it is pasted. One thing is done at a time, so that no look sees the clipboard of before a change
 * of ours and takes it for a copy.
 */
export class PolledClipboard implements ClipboardPort, AsyncDisposable {
  readonly selections: readonly Selection[] = ['clipboard'];
  readonly types: readonly ClipboardType[] = ['text'];
  readonly #plain: PlainText;
  readonly #log: Log;
  #listener: ClipboardListener | undefined;
  #isWanted = false;
  #look: NodeJS.Timeout | undefined;
  /** What was there at the last look, or was put there by us. */
  #seen = '';
  /** It was put there by us. */
  #isOurs = false;
  /** Counts what the host's side asks for: what was begun before the last of it is over. */
  #changes = 0;
  #last: Promise<unknown> = Promise.resolve();
  #complaint: string | undefined;

  constructor(plain: PlainText, log: Log) {
    this.#plain = plain;
    this.#log = log;
  }

  watch(listener: ClipboardListener): Disposable {
    this.#listener = listener;
    this.#lookIn(0);
    return {
      [Symbol.dispose]: () => {
        this.#listener = undefined;
        clearTimeout(this.#look);
      },
    };
  }

  want(isWanted: boolean): void {
    if (this.#isWanted === isWanted) return;
    this.#isWanted = isWanted;
    if (isWanted) this.#lookIn(0);
    else clearTimeout(this.#look);
  }

  async read(_selection: Selection, _type: ClipboardType, maxBytes: number): Promise<Buffer | undefined> {
    if (this.#isOurs || this.#seen === '') return undefined;
    const content = Buffer.from(this.#seen);
    return content.length > maxBytes ? undefined : content;
  }

  async offer(_selection: Selection, _types: readonly ClipboardType[], provide: Provide): Promise<void> {
    const change = ++this.#changes;
    const isOver = () => change !== this.#changes;
    // The caller has to hear of the offer before it is asked for what it offers.
    await undefined;
    const content = isOver() ? undefined : await provide('text');
    if (content === undefined || isOver()) return;
    if (content.length > MAX_POLLED_BYTES) {
      return this.#log.info('text of the host is too long for this clipboard', { bytes: content.length });
    }
    const text = (await wholeOf(content)).toString();
    await this.#inTurn(async () => {
      if (isOver()) return;
      await this.#plain.write(text);
      this.#seen = text;
      this.#isOurs = true;
    });
  }

  async withdraw(): Promise<void> {
    this.#changes++;
    await this.#inTurn(async () => {
      if (!this.#isOurs) return;
      this.#isOurs = false;
      if ((await this.#plain.read()) !== this.#seen) return;
      await this.#plain.write('');
      this.#seen = '';
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener = undefined;
    clearTimeout(this.#look);
    await Promise.race([
      this.withdraw().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref()),
    ]);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#look);
    if (!this.#isWanted || this.#listener === undefined) return;
    this.#look = setTimeout(() => void this.#lookOnce(), ms).unref();
  }

  async #lookOnce(): Promise<void> {
    const begin = performance.now();
    await this.#inTurn(async () => {
      const change = this.#changes;
      const text = await this.#plain.read();
      // What is asked for meanwhile is the newer one.
      if (change === this.#changes) this.#saw(text);
    }).then(
      () => {
        this.#complaint = undefined;
      },
      (error: unknown) => this.#complain(messageOf(error)),
    );
    this.#lookIn(Math.min(Math.max(LOOK_MS, (performance.now() - begin) * SHARE), LONGEST_LOOK_MS));
  }

  #saw(text: string): void {
    // What is too long is not there: it is not kept to be compared with either.
    const there = Buffer.byteLength(text) > MAX_POLLED_BYTES ? '' : text;
    if (there === this.#seen) return;
    this.#isOurs = false;
    this.#seen = there;
    if (there === '') return this.#listener?.cleared('clipboard');
    this.#listener?.took('clipboard');
    this.#listener?.copied('clipboard', ['text']);
  }

  /** Once, however often it goes wrong. */
  #complain(why: string): void {
    if (why === this.#complaint) return;
    this.#complaint = why;
    this.#log.info('the clipboard could not be looked at', { why });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** @throws {AgentError} 'not-found' naming the program that is missing, 'failed' */
export async function tryOnce(plain: PlainText): Promise<void> {
  try {
    await plain.read();
  } catch (error) {
    const why = messageOf(error).split('\n')[0] ?? '';
    throw new AgentError(/find the/.test(why) ? 'not-found' : 'failed', why);
  }
}
