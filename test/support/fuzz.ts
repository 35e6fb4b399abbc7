/** Seconds that a fuzz test may take: short at home, longer where nobody waits. */
export function secondsToFuzz(): number {
  return process.env.CI ? 10 : 2;
}

/** Pseudo-random numbers that a failure can name and a person can repeat with UGA_FUZZ_SEED (xorshift32). */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(process.env.UGA_FUZZ_SEED ?? Date.now() % 2 ** 31) || 1) {
    this.seed = seed;
    this.#state = seed;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Up to `most` of the given pieces, Latin-1, one after the other. */
  pieces(choices: readonly string[], most: number): Buffer {
    const count = this.below(most + 1);
    const text = Array.from({ length: count }, () => choices[this.below(choices.length)] ?? '');
    return Buffer.from(text.join(''), 'latin1');
  }

  /** `bytes` with up to `most` of them replaced, and sometimes cut short. */
  corrupt(bytes: Buffer, most: number): Buffer {
    const copy = Buffer.from(bytes);
    for (let count = this.below(most + 1); count > 0; count--) copy[this.below(copy.length)] = this.below(256);
    return this.chance(0.2) ? copy.subarray(0, this.below(copy.length)) : copy;
  }

  /** The same bytes in one to eight parts. */
  cut(bytes: Buffer): Buffer[] {
    const points = Array.from({ length: this.below(8) }, () => this.below(bytes.length + 1)).sort((a, b) => a - b);
    return [0, ...points].map((from, index) => bytes.subarray(from, points[index] ?? bytes.length));
  }
}
