import type { Publish } from '../events/kinds.ts';
import type { Door } from './classes.ts';

const QUIET_MS = 1000;

/**
 * Tells hosts what the policy has refused. Not more often than once a second: whoever tries again and again must not push all
 * other events out of those that are kept.
 */
export class PolicyAlarm {
  #quietUntil = Number.NEGATIVE_INFINITY;
  #untold = 0n;

  /** @param now milliseconds by a clock that never jumps */
  constructor(
    private readonly events: Publish,
    private readonly now: () => number = () => performance.now(),
  ) {}

  denied(door: Door, request: string, rule: string): void {
    const now = this.now();
    if (now < this.#quietUntil) {
      this.#untold++;
      return;
    }
    this.#quietUntil = now + QUIET_MS;
    this.events.publish({ event: 'POLICY_DENIED', data: { door, request, rule, untold: this.#untold } });
    this.#untold = 0n;
  }
}
