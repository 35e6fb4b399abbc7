import { closeSync, fstatSync } from 'node:fs';
import { type Content, Flow, type FlowReader } from '#shared/bytes/flow.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { enlargePipe, setNonBlocking } from '#shared/native/pipe.ts';
import { watchReadiness } from '#shared/native/readiness.ts';
import { Bell } from '../../bell.ts';

/** An application that takes nothing for so long is gone. */
const IDLE_MS = 10_000;
/** Nor is a source waited for that brings nothing for so long. */
const SOURCE_MS = 35_000;
/** Applications that are given content at the same time; further ones get none. */
const MAX_TRANSFERS = 32;
const WRITE_BYTES = 64 * 1024;

/** Writes content into pipes of applications that paste, each as fast as it reads. */
export class Outgoing implements Disposable {
  readonly #transfers = new Set<AbortController>();

  /**
   * Never rejects. Closing is the only end there is: an application cannot be told that the rest does not come.
   * @param fd is taken over
   */
  async send(fd: number, provide: () => Promise<Content | undefined>): Promise<void> {
    const abort = new AbortController();
    this.#transfers.add(abort);
    try {
      if (this.#transfers.size <= MAX_TRANSFERS && isPipe(fd)) await new Transfer(fd, abort).run(provide);
    } catch {
      // The application has gone.
    } finally {
      this.#transfers.delete(abort);
      closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    for (const transfer of this.#transfers) transfer.abort();
  }
}

class Transfer {
  readonly #room = new Bell();
  readonly #news = new Bell();

  constructor(
    private readonly fd: number,
    private readonly abort: AbortController,
  ) {}

  async run(provide: () => Promise<Content | undefined>): Promise<void> {
    setNonBlocking(this.fd);
    enlargePipe(this.fd);
    const watch = watchReadiness(this.fd, ({ error }) => {
      if (error) this.abort.abort();
      else this.#room.ring();
    });
    try {
      const content = await provide();
      if (content === undefined) return;
      const flow = content instanceof Flow ? content : Flow.of(content);
      const rest = flow.read();
      using _news = flow.onNews(() => this.#news.ring());
      try {
        while (await this.#write(flow, rest)) rest.release();
      } finally {
        rest.stop();
      }
    } finally {
      watch.close();
    }
  }

  /** Writes what has come, or waits for more. @returns whether there may be more */
  async #write(flow: Flow, rest: FlowReader): Promise<boolean> {
    if (rest.available === 0) {
      if (flow.hasEnded) return false;
      return this.#news.heard(SOURCE_MS, this.abort.signal);
    }
    let part = rest.take(WRITE_BYTES);
    while (part.length > 0) {
      if (this.abort.signal.aborted) return false;
      const count = writeAvailable(this.fd, part);
      part = part.subarray(count);
      if (count === 0 && !(await this.#room.heard(IDLE_MS, this.abort.signal))) return false;
    }
    return true;
  }
}

/** What is written to never waits. A file could, on a file system of somebody else's. */
function isPipe(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket();
}
