import { after } from '#shared/lifecycle/after.ts';

/**
 * Asks the kernel what it may never answer. A call cannot be called back, and each that hangs holds one of the few
 * threads of this process: who hangs is not asked again, and few may hang.
 */
export class Patience {
  readonly #waiting = new Set<string>();

  /**
   * @param limitMs how long one answer is waited for
   * @param maxHanging calls that may be without an answer at one time
   */
  constructor(
    private readonly limitMs: number,
    private readonly maxHanging: number,
  ) {}

  /**
   * @param who one that hangs is refused until its call has come back
   * @param tooLate what a call that takes too long, or is not made, stands for
   */
  async ask<T>(who: string, call: () => Promise<T>, tooLate: () => T): Promise<T> {
    if (this.#waiting.has(who) || this.#waiting.size >= this.maxHanging) return tooLate();
    this.#waiting.add(who);
    const answer = call().finally(() => this.#waiting.delete(who));
    return new Promise((resolve, reject) => {
      const deadline = after(this.limitMs, () => {
        try {
          resolve(tooLate());
        } catch (error) {
          reject(error);
        }
      });
      answer.then(resolve, reject).finally(() => deadline[Symbol.dispose]());
    });
  }
}
