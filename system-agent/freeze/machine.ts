import { AgentError } from '#shared/errors.ts';
import type { Achieved, FreezePhase } from './freeze.ts';

/** Of the freeze that is, or of the last one. */
interface Period {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly achieved?: Achieved;
  /** Why it has ended; undefined while it has not, and after an ordinary thaw. */
  readonly ended?: string;
}

/** Where a freeze stands. Times are inputs; nothing here waits or acts. */
export class FreezeMachine {
  #phase: FreezePhase = 'thawed';
  #period: Period | undefined;
  /** On the caller's steady clock, in milliseconds. */
  #leaseEnd: number | undefined;
  /** The end that the next thaw has to tell. */
  #untold: string | undefined;

  get phase(): FreezePhase {
    return this.#phase;
  }

  get period(): Period | undefined {
    return this.#period;
  }

  /** @param wall milliseconds since 1970. @throws {AgentError} 'refused' unless thawed */
  begin(wall: number): void {
    if (this.#phase !== 'thawed') throw new AgentError('refused', `file systems are ${this.#phase}`);
    this.#phase = 'freezing';
    this.#period = { since: wall };
    this.#untold = undefined; // the next thaw belongs to this freeze
  }

  /** @param leaseEnd on the steady clock */
  frozen(leaseEnd: number, achieved: Achieved): void {
    this.#expect('freezing');
    this.#phase = 'frozen';
    this.#leaseEnd = leaseEnd;
    this.#period = { since: this.#period?.since ?? 0, achieved };
  }

  /** @param leaseEnd on the steady clock. @throws {AgentError} 'refused' unless frozen */
  renew(leaseEnd: number): void {
    if (this.#phase !== 'frozen') throw new AgentError('refused', 'no file system is frozen');
    this.#leaseEnd = leaseEnd;
  }

  thawing(): void {
    this.#expect('freezing', 'frozen');
    this.#phase = 'thawing';
    this.#leaseEnd = undefined;
  }

  /** @param early why, if no host has asked for it */
  thawed(early?: string): void {
    this.#expect('thawing');
    this.#phase = 'thawed';
    if (early !== undefined) this.endedBefore(early);
  }

  /** An end that nobody was told of: now, or in a former life of the agent. */
  endedBefore(reason: string): void {
    this.#untold = reason;
    this.#period = { since: 0, ...this.#period, achieved: 'lease-expired', ended: reason };
  }

  /** The end that has to be told, once. */
  takeUntold(): string | undefined {
    const reason = this.#untold;
    this.#untold = undefined;
    return reason;
  }

  /** Milliseconds; undefined when nothing is frozen. */
  leaseLeft(now: number): number | undefined {
    return this.#leaseEnd === undefined ? undefined : Math.max(0, this.#leaseEnd - now);
  }

  #expect(...phases: readonly FreezePhase[]): void {
    if (!phases.includes(this.#phase)) throw new Error(`not from ${this.#phase}`);
  }
}
