import { AgentError } from '#shared/errors.ts';
import type { Deadline } from './deadline.ts';

/** Work that must not overlap, one at a time in the order in which it was asked for. */
export class Turns {
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param cap on what is under way and waits, together */
  constructor(private readonly cap: number) {}

  /**
   * @param deadline of the wait for the turn; `work` may go on using it
   * @throws what `work` throws; {AgentError} 'refused' (too many wait), 'timeout' or 'cancelled'
   */
  async take<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.cap) throw new AgentError('refused', `${this.cap} requests wait already`);
    deadline.waitingFor = 'earlier requests did not end';
    const before = this.#last;
    let end = (): void => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    this.#waiting++;
    try {
      await deadline.wait<void>((resolve) => {
        void before.then(resolve);
        return () => {};
      });
      return await work();
    } finally {
      this.#waiting--;
      void before.then(end); // a turn that is given up does not let the next one overtake those before
    }
  }
}
