import assert from 'node:assert/strict';
import { availableParallelism, loadavg } from 'node:os';
import type { TestContext } from 'node:test';
import { clockAhead, startedAt } from '../guest/clock.ts';
import { until } from '../support/wait.ts';
import type { Desktop } from './desktop.ts';
import { type LoginSession, toldActive } from './logind.ts';

const SERVED_TIMEOUT_MS = 60_000;

/** A session whose agent runs is served so soon after logind has told that it has the screen, on an idle machine. */
const AFTER_SIGNAL_MS = 2_000;
/** The same after the start of an agent's process, which takes seconds under emulation. */
const AFTER_START_MS = 5_000;

/** A guest is as much slower as its machine has other work: the figures are told, and judged by that. */
export const slowness = () => 1 + (loadavg()[0] ?? 0) / availableParallelism();

/** What a session waited for until it was served; at least one of them. */
export interface Causes {
  /** The session that logind gave the screen; needs `watchLogind`. */
  readonly login?: LoginSession;
  /** Process id of an agent that was started for it. */
  readonly pid?: number;
}

/**
 * Waits until a session gives the client what it has copied.
 * @param since ms since the epoch by the host's clock; what was given before counts for nothing
 * @returns when the client heard of it, by the same clock
 */
export async function served({ client }: Desktop, since: number): Promise<number> {
  return until(SERVED_TIMEOUT_MS, 'a session to be served', async () => {
    const { guestOwns, grabbedAt } = await client.state();
    return guestOwns.clipboard && grabbedAt.clipboard > since ? grabbedAt.clipboard : undefined;
  });
}

/** Asserts that what the client heard at `at` came within the time that the last of the causes leaves. */
export async function wasInTime(t: TestContext, { guest }: Desktop, at: number, causes: Causes): Promise<void> {
  const { login, pid } = causes;
  const moment = at + (await clockAhead(guest.shell));
  const ends: number[] = [];
  const measured: string[] = [];
  if (login !== undefined) {
    const signal = await toldActive(guest.shell, login);
    ends.push(signal + AFTER_SIGNAL_MS * slowness());
    measured.push(`${Math.round(moment - signal)} ms after logind's signal`);
  }
  if (pid !== undefined) {
    const start = await startedAt(guest.shell, pid);
    ends.push(start + AFTER_START_MS * slowness());
    measured.push(`${Math.round(moment - start)} ms after the start of the agent`);
  }
  const text = `served ${measured.join(', ')}`;
  t.diagnostic(text);
  assert.ok(moment <= Math.max(...ends), text);
}
