import { AgentError } from '#shared/errors.ts';

/** So many requests a period, all of them at once if the host was quiet for as long. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
  /** As it was written, for people. */
  readonly text: string;
}

const PERIODS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_COUNT = 1_000_000;
export const RATE_SYNTAX = 'requests/s, /min, /h or /d';

/** @throws {AgentError} 'invalid-argument' */
export function parseRate(text: string): Rate {
  const [, digits = '', unit = ''] = /^(\d{1,7})\/(s|min|h|d)$/.exec(text) ?? [];
  const count = Number(digits);
  const periodMs = PERIODS[unit];
  if (periodMs === undefined || count < 1 || count > MAX_COUNT) {
    throw new AgentError('invalid-argument', `'${text}' is no rate; expected ${RATE_SYNTAX}, at most ${MAX_COUNT}`);
  }
  return { count, periodMs, text };
}

/** A bucket that holds `count` tokens and is refilled evenly. By a clock that never jumps: hosts set the guest's time. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** @param now milliseconds, monotonic */
  constructor(
    private readonly rate: Rate,
    private readonly now: () => number,
  ) {
    this.#tokens = rate.count;
    this.#at = now();
  }

  /** @returns false when there is none left; a refused request costs nothing */
  take(): boolean {
    const { count, periodMs } = this.rate;
    const at = this.now();
    this.#tokens = Math.min(count, this.#tokens + ((at - this.#at) * count) / periodMs);
    this.#at = at;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
