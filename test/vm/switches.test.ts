import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AgentUnit, original, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { answersBy, type Question, rowsOf } from './guest/questions.ts';
import { noGuests } from './needs.ts';

const AWAKE_TIMEOUT_MS = 60_000;

describe('what takes processors and memory out of use', { skip: noGuests }, () => {
  let guest: Machine;
  before(async () => {
    guest = await resumeGuest();
  });
  after(async () => {
    await guest?.[Symbol.asyncDispose]();
  });

  const online = () => guest.shell.run('cat /sys/devices/system/cpu/online');
  const cpu = (id: number, on: boolean) => ({ 'logical-id': id, online: on });

  for (const agent of [product, original]) {
    it(`guest-set-vcpus switches a processor off and on again, with ${agent.unit}`, async () => {
      assert.equal(await online(), '0-1');
      const [off, list] = await answersBy(agent, guest, [
        ['guest-set-vcpus', { vcpus: [{ ...cpu(1, false), 'can-offline': true }, cpu(1, false)] }],
        ['guest-get-vcpus'],
      ]);
      assert.deepEqual(off, { return: 2 });
      assert.equal(await online(), '0');
      assert.equal(rowsOf(list).find((row) => row['logical-id'] === 1)?.online, false);
      const [on] = await answersBy(agent, guest, [['guest-set-vcpus', { vcpus: [cpu(1, true)] }]]);
      assert.deepEqual(on, { return: 1 });
      assert.equal(await online(), '0-1');
    });
  }

  it('guest-set-vcpus refuses and counts as qemu-ga does', async () => {
    const set = (...vcpus: unknown[]): Question => ['guest-set-vcpus', { vcpus }];
    const questions: Question[] = [
      set(),
      set(cpu(0, true)),
      set(cpu(0, true), cpu(9999, true), cpu(1, false)),
      set(cpu(0, false)),
      set({ 'logical-id': 1 }),
      set({ ...cpu(1, true), more: 1 }),
      set(1),
      ['guest-set-vcpus', { vcpus: {} }],
      ['guest-set-vcpus', { vcpus: [cpu(1, false), { 'logical-id': 'x', online: true }] }],
      ['guest-set-vcpus'],
    ];
    const theirs = await answersBy(original, guest, questions);
    assert.deepEqual(await answersBy(product, guest, questions), theirs);
    assert.equal(await online(), '0-1');
    // The newest text: 7.2 says open("…").
    const [unknown] = await answersBy(product, guest, [set(cpu(9999, true))]);
    const desc = "Could not open '/sys/devices/system/cpu/cpu9999/': No such file or directory";
    assert.deepEqual(unknown?.error, { class: 'GenericError', desc });
  });

  it('guest-set-memory-blocks switches a block off and on again, and answers as qemu-ga does', async () => {
    const state = (index: number) => guest.shell.run(`cat /sys/devices/system/memory/memory${index}/state`);
    const set = (index: number | string, on: unknown): Question => [
      'guest-set-memory-blocks',
      { 'mem-blks': [{ 'phys-index': index, online: on }] },
    ];
    const [blocks] = await answersBy(product, guest, [['guest-get-memory-blocks']]);
    const candidates = rowsOf(blocks).map((row) => Number(row['phys-index']));
    assert.ok(candidates.length >= 2);
    const moved: number[] = [];
    for (const agent of [product, original]) {
      for (const index of [...candidates].reverse()) {
        const [off] = await answersBy(agent, guest, [set(index, false)]);
        const [result] = rowsOf(off);
        if (result?.response !== 'success') {
          assert.equal(result?.response, 'operation-failed');
          assert.ok(Number(result?.['error-code']) > 0);
          continue;
        }
        assert.deepEqual(off, { return: [{ 'phys-index': index, response: 'success' }] });
        assert.equal(await state(index), 'offline');
        const [list, on] = await answersBy(agent, guest, [['guest-get-memory-blocks'], set(index, true)]);
        assert.equal(rowsOf(list).find((row) => row['phys-index'] === index)?.online, false);
        assert.deepEqual(on, { return: [{ 'phys-index': index, response: 'success' }] });
        assert.equal(await state(index), 'online');
        moved.push(index);
        break;
      }
    }
    assert.equal(moved.length, 2, 'both have found a block that could be switched off');
    const questions = [
      set(99999, true),
      set(-1, true),
      set(candidates[0] ?? 0, true),
      set('x', true),
      set(1.5, true),
      set(0, 1),
    ];
    const empty: Question = ['guest-set-memory-blocks', { 'mem-blks': [] }];
    const theirs = await answersBy(original, guest, [...questions, empty]);
    assert.deepEqual(await answersBy(product, guest, [...questions, empty]), theirs);
  });
});

describe('sleep', { skip: noGuests }, () => {
  for (const agent of [product, original]) {
    it(`guest-suspend-ram: the machine sleeps, wakes and answers again, with ${agent.unit}`, async () => {
      await using guest = await resumeGuest();
      await sleepAndWake(guest, agent, 'guest-suspend-ram');
    });
  }

  it('what a guest cannot do is an error that says so', async () => {
    await using guest = await resumeGuest();
    // No swap: systemd refuses, and so does the kernel. qemu-ga has forgotten the first error by then.
    const [disk, hybrid] = await answersBy(product, guest, [['guest-suspend-disk'], ['guest-suspend-hybrid']]);
    assert.deepEqual(disk?.error, {
      class: 'GenericError',
      desc: "suspend: cannot write to '/sys/power/state': No such device",
    });
    const desc = "the helper program 'systemctl hybrid-sleep' returned an unexpected exit status code (1)";
    assert.deepEqual(hybrid?.error, { class: 'GenericError', desc });
  });
});

async function sleepAndWake(guest: Machine, agent: AgentUnit, command: string): Promise<void> {
  await agent.start(guest.shell);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  const asleep = guest.qmp.event('SUSPEND', AWAKE_TIMEOUT_MS);
  host.send(command);
  await asleep;
  const awake = guest.qmp.event('WAKEUP', AWAKE_TIMEOUT_MS);
  await guest.qmp.execute('system_wakeup');
  await awake;
  // Nothing was said in between: the first line is the answer to this.
  assert.deepEqual(await host.ask('guest-sync', { id: 4711 }), { return: 4711 });
}
