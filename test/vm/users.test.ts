import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AgentUnit, original, product, stopAgent } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { type Answer, QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

it('guest-get-users names who has really logged in, as qemu-ga does', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  assert.deepEqual(await usersBy(product, guest), { return: [] });
  await guest.shell.run('systemd-run --quiet --unit=login agetty --autologin alice --noclear tty3 linux');
  await until(60_000, 'the login of alice', async () => {
    const who = await guest.shell.run('who');
    return who.includes('alice') || undefined;
  });
  const theirs = await usersBy(original, guest);
  assert.match(JSON.stringify(theirs), /"user":"alice"/);
  assert.deepEqual(await usersBy(product, guest), theirs);
});

async function usersBy(agent: AgentUnit, guest: Machine): Promise<Answer> {
  await agent.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const answer = await host.ask('guest-get-users');
  host[Symbol.dispose]();
  await stopAgent(guest.shell, agent);
  return answer;
}
