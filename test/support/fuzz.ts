import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AgentError } from '#shared/errors.ts';
import { random } from './random.ts';

const MILLISECONDS = process.env.CI ? 10_000 : 2_000;

/** What a round may leave to the garbage collector before it counts as a leak. */
const MEMORY_BYTES = 256 * 1024 * 1024;

const ROUNDS_PER_TURN = 50;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Garbage that waits is no leak; V8 gives its collector away for the asking. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** A number from 0 to just below the limit. */
export type Chance = (limit: number) => number;

/**
 * Runs `round` again and again for two seconds, ten in CI. A failure names the seed of its round:
 * `FUZZ_SEED=n` repeats that round alone.
 */
export function fuzz(name: string, round: (chance: Chance) => void | Promise<void>): void {
  it(name, async () => {
    const only = process.env.FUZZ_SEED;
    if (only !== undefined) return round(random(Number(only)));
    const until = Date.now() + MILLISECONDS;
    const before = memory();
    for (let seed = Date.now() % 1_000_000_000; Date.now() < until; seed++) {
      try {
        await round(random(seed));
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed}`, { cause: error });
      }
      // What a round left to be done later is done, so that it holds nothing any more.
      if (seed % ROUNDS_PER_TURN === 0) await turn();
      if (memory() - before > MEMORY_BYTES) {
        collectGarbage();
        assert.ok(memory() - before < MEMORY_BYTES, `FUZZ_SEED=${seed}: memory grew by ${memory() - before} bytes`);
      }
    }
  });
}

/** `bytes` with one to four of them flipped, dropped, doubled, inserted, or replaced by an extreme. */
export function mutate(bytes: Uint8Array, chance: Chance): Uint8Array {
  const mutated = [...bytes];
  for (let count = chance(4); count >= 0; count--) {
    const at = chance(mutated.length + 1);
    const byte = mutated[at] ?? 0;
    switch (chance(5)) {
      case 0:
        mutated[at] = byte ^ (1 << chance(8));
        break;
      case 1:
        mutated.splice(at, 1);
        break;
      case 2:
        mutated.splice(at, 0, byte);
        break;
      case 3:
        mutated.splice(at, 0, chance(256));
        break;
      default:
        mutated[at] = chance(2) * 255;
    }
  }
  return Uint8Array.from(mutated);
}

/** `bytes` cut at up to eight places. */
export function cut(bytes: Uint8Array, chance: Chance): Uint8Array[] {
  const ends = Array.from({ length: chance(9) }, () => chance(bytes.length + 1)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

export function randomBytes(length: number, chance: Chance): Uint8Array {
  return Uint8Array.from({ length }, () => chance(256));
}

/** Fewer than `limit` of the given pieces one after the other: they lead deeper into a grammar than random bytes. */
export function latin1Pieces(choices: readonly string[], limit: number, chance: Chance): Buffer {
  return Buffer.from(Array.from({ length: chance(limit) }, () => pick(choices, chance)).join(''), 'latin1');
}

export function pick<Item>(items: readonly Item[], chance: Chance): Item {
  const item = items[chance(items.length)];
  assert.ok(item !== undefined);
  return item;
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The message of an error that a decoder may throw; any other is the test's failure. */
export function malformed(error: unknown): string {
  assert.ok(error instanceof AgentError && error.code === 'malformed', error instanceof Error ? error.stack : '');
  return error.message;
}
