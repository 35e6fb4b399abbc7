import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '#shared/errors.ts';

/**
 * Settles like `promise`, at the latest after `ms`.
 * @param what completes the sentence "waited 5 s for ...".
 * @throws {AgentError} 'timeout'
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(ms, what)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks `probe` again and again until it gives a value. What it throws ends the wait.
 * @throws {AgentError} 'timeout'
 */
export async function until<T>(ms: number, what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > end) throw tooLate(ms, what);
    await sleep(PAUSE_MS);
  }
}

const PAUSE_MS = 50;

function tooLate(ms: number, what: string): AgentError {
  return new AgentError('timeout', `waited ${ms / 1000} s for ${what}`);
}
