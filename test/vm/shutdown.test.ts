import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AgentUnit, original, product, stopAgent } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { type Answer, QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { Vdsm } from './ovirt/vdsm.ts';

const OFF_TIMEOUT_MS = 60_000;

/** How a machine shows what the guest did. */
const ENDINGS = {
  default: (guest: Machine) => guest.poweredOff(OFF_TIMEOUT_MS),
  powerdown: (guest: Machine) => guest.poweredOff(OFF_TIMEOUT_MS),
  reboot: (guest: Machine) => guest.qmp.event('RESET', OFF_TIMEOUT_MS),
  halt: (guest: Machine) => guest.printed('System halted', OFF_TIMEOUT_MS),
};

const REFUSED = [{ mode: 'sleep' }, { mode: '' }, { mode: 1 }, { mode: 'halt', delay: 5 }, { mode: null }];

it('guest-shutdown refuses what qemu-ga refuses, with the same words', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const theirs = await answersOf(guest, original);
  const ours = await answersOf(guest, product);
  assert.deepEqual(ours, theirs);
  for (const answer of theirs) assert.ok(answer.error, 'every one of them is an error');
});

for (const agent of [product, original]) {
  for (const [mode, ending] of Object.entries(ENDINGS)) {
    it(`guest-shutdown ${mode} works with ${agent.unit}`, { skip: noGuests }, async () => {
      await using guest = await resumeGuest();
      await agent.start(guest.shell);
      using host = await QgaClient.connect(guest.socketOf('qga'));
      const ended = ending(guest);
      host.send('guest-shutdown', mode === 'default' ? undefined : { mode });
      await ended;
    });
  }
}

for (const [reboot, ending] of [
  ['False', ENDINGS.powerdown],
  ['True', ENDINGS.reboot],
] as const) {
  it(`oVirt's shutdown with reboot ${reboot} works`, { skip: noGuests }, async () => {
    await using guest = await resumeGuest();
    await product.start(guest.shell);
    using host = await Vdsm.connect(guest.socketOf('ovirt'));
    await host.newest('heartbeat', OFF_TIMEOUT_MS);
    const ended = ending(guest);
    host.send('shutdown', { timeout: '0', message: "it's over; $(reboot)", reboot });
    await ended;
  });
}

async function answersOf(guest: Machine, agent: AgentUnit): Promise<Answer[]> {
  await agent.start(guest.shell);
  const answers: Answer[] = [];
  {
    using host = await QgaClient.connect(guest.socketOf('qga'));
    for (const args of REFUSED) answers.push(await host.ask('guest-shutdown', args));
  }
  await stopAgent(guest.shell, agent);
  return answers;
}
