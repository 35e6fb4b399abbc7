import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENTS } from '#system-agent/events/kinds.ts';
import { startAgentThrough, startSystemAgent } from '#test/support/agents.ts';
import { Front } from '#test/support/qmp/front.ts';

const OWN_NETWORK = ['unshare', '--user', '--map-root-user', '--net'] as const;
const canUnshare = spawnSync(OWN_NETWORK[0], [...OWN_NETWORK.slice(1), 'true']).status === 0;

describe('uga host qmp in front of our agent', () => {
  it('tells all clients what happens in the guest', {
    skip: canUnshare ? false : 'namespaces cannot be made here',
  }, async () => {
    await using agent = await startAgentThrough(OWN_NETWORK, 'refuse');
    await using front = await Front.before(agent);
    const clients = [await front.client(), await front.client()];
    const inside = ['--target', String(agent.program.pid), '--user', '--net', '--preserve-credentials'];
    // The agent listens to its network from the first question on, and nobody here sees when that is.
    for (let round = 0; round < 100 && clients.some(({ events }) => events.length < 2); round++) {
      const state = round % 2 === 0 ? 'up' : 'down';
      assert.equal(spawnSync('nsenter', [...inside, 'ip', 'link', 'set', 'lo', state]).status, 0);
      await sleep(100);
    }
    for (const client of clients) {
      const { data, timestamp } = await client.event('ADDRESSES_CHANGED');
      assert.deepEqual(data, { interfaces: ['lo'], more: 0 });
      assert.ok(Math.abs((timestamp?.seconds ?? 0) - Date.now() / 1000) < 60);
    }
  });

  it('describes every command and event of the agent', async () => {
    await using agent = await startSystemAgent();
    await using front = await Front.before(agent);
    const client = await front.client();
    type Entry = { readonly name: string; readonly 'ret-type'?: string };
    const schema = (await client.execute('query-qmp-schema')) as Entry[];
    const names = schema.map(({ name }) => name);
    const commands = (await client.execute('query-commands')) as Entry[];
    const expected = [...commands.map(({ name }) => name), ...Object.keys(EVENTS)];
    assert.deepEqual(
      expected.filter((name) => !names.includes(name)),
      [],
    );
    assert.equal(schema.find(({ name }) => name === 'guest-get-disks')?.['ret-type'], '[GuestDiskInfo]');
  });
});
