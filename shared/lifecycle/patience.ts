import { after } from '#shared/lifecycle/after.ts';

interface Turn {
  isLate: boolean;
  /** Settles when the call has come back. Never rejects. */
  readonly done: Promise<void>;
}

/**
 * Asks the kernel what it may never answer. A call cannot be called back, and each that hangs holds one of the few
 * threads of this process: who hangs is not asked again, and few may hang. docs/decisions/0030-calls-that-may-hang.md
 */
export class Patience {
  readonly #turns = new Map<string, Turn>();

  /**
   * @param limitMs how long one answer is waited for
   * @param maxHanging calls that may be without an answer at one time
   */
  constructor(
    private readonly limitMs: number,
    private readonly maxHanging: number,
  ) {}

  /**
   * @param who is asked one question at a time; while one of them is late, the next is refused
   * @param tooLate what a call that takes too long, or is not made, stands for
   */
  async ask<T>(who: string, call: () => Promise<T>, tooLate: () => T): Promise<T> {
    using time = timeOf(this.limitMs);
    for (let turn = this.#turns.get(who); turn !== undefined; turn = this.#turns.get(who)) {
      if (turn.isLate || (await Promise.race([turn.done, time.isOver]))) return tooLate();
    }
    if (this.#turns.size >= this.maxHanging) return tooLate();
    const answer = call();
    const forget = () => {
      this.#turns.delete(who);
    };
    const turn: Turn = { isLate: false, done: answer.then(forget, forget) };
    this.#turns.set(who, turn);
    if (await Promise.race([turn.done, time.isOver])) {
      turn.isLate = true;
      return tooLate();
    }
    return answer;
  }
}

function timeOf(ms: number): Disposable & { readonly isOver: Promise<true> } {
  let end: () => void;
  const isOver = new Promise<true>((resolve) => {
    end = () => resolve(true);
  });
  const timer = after(ms, () => end());
  return { isOver, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
