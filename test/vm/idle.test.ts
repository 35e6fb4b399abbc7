import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { product as agent, pidOf } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import type { RootShell } from './guest/root-shell.ts';
import { noGuests } from './needs.ts';

const WINDOW_MS = 10_000;
const QUIET_WINDOWS = 2;
const MOST_WINDOWS = 30;

it('an agent whose host is away does not wake up', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await agent.start(guest.shell);
  // A host was there: what it leaves behind (a port that reads as ended for ever) is what could keep the agent busy.
  (await QgaClient.connect(guest.socketOf('qga')))[Symbol.dispose]();
  const pid = await pidOf(guest.shell, agent);
  const counts = await restAfterStart(guest.shell, pid);
  assert.deepEqual(counts.slice(-QUIET_WINDOWS), Array(QUIET_WINDOWS).fill(0), `wake-ups in each 10 s: ${counts}`);
});

/**
 * After its start V8 looks every few seconds whether it could free memory, collects and stops doing so. Whatever else
 * woke the agent, at whatever interval up to QUIET_WINDOWS windows, would never let it rest.
 * @returns wake-ups in each window until there were as many quiet ones in a row
 */
async function restAfterStart(shell: RootShell, pid: number): Promise<number[]> {
  const counts: number[] = [];
  const isAtRest = () => counts.length >= QUIET_WINDOWS && counts.slice(-QUIET_WINDOWS).every((count) => count === 0);
  let last = await switches(shell, pid);
  while (!isAtRest() && counts.length < MOST_WINDOWS) {
    await sleep(WINDOW_MS);
    const now = await switches(shell, pid);
    counts.push(now - last);
    last = now;
  }
  return counts;
}

/** Context switches of all threads of a process: each wake-up that has an end is one. */
async function switches(shell: RootShell, pid: number): Promise<number> {
  const text = await shell.run(`grep -h ctxt_switches /proc/${pid}/task/*/status`);
  return text.split('\n').reduce((sum, line) => sum + Number(line.split(':')[1]), 0);
}
