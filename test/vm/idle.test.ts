import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { product as agent, pidOf } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import { QgaClient } from './guest/qga-client.ts';
import type { RootShell } from './guest/root-shell.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

const WATCH_MS = 10_000;
const SETTLE_TIMEOUT_MS = 300_000;

it('an agent whose host is away does not wake up', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await agent.start(guest.shell);
  // A host was there: what it leaves behind (a port that reads as ended for ever) is what could keep the agent busy.
  (await QgaClient.connect(guest.socketOf('qga')))[Symbol.dispose]();
  const pid = await pidOf(guest.shell, agent);
  await settled(guest.shell, pid);
  const before = await switches(guest.shell, pid);
  await sleep(WATCH_MS);
  assert.equal((await switches(guest.shell, pid)) - before, 0, `wake-ups in ${WATCH_MS / 1000} s`);
});

/** After its start V8 looks every few seconds whether it could free memory, collects once and stops doing so. */
async function settled(shell: RootShell, pid: number): Promise<void> {
  let last = -1;
  await until(SETTLE_TIMEOUT_MS, 'the agent to come to rest', async () => {
    const now = await switches(shell, pid);
    const rested = now === last;
    last = now;
    if (!rested) await sleep(WATCH_MS);
    return rested || undefined;
  });
}

/** Context switches of all threads of a process: each wake-up that has an end is one. */
async function switches(shell: RootShell, pid: number): Promise<number> {
  const text = await shell.run(`grep -h ctxt_switches /proc/${pid}/task/*/status`);
  return text.split('\n').reduce((sum, line) => sum + Number(line.split(':')[1]), 0);
}
