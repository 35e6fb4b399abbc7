import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startOracle, startSystemAgent } from '#test/support/agents.ts';
import { askOracle } from '#test/support/oracle.ts';
import { without } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

/** Counters move between two questions; exact digits are the concern of other tests, so JSON.parse is good enough. */
type Answer = { return?: unknown; error?: { class: string; desc: string } };
type Rows = Record<string, unknown>[];

describe('inventory of this machine by qemu-ga and by us', { skip: without('qemu-ga') }, () => {
  let oracle: RunningAgent;
  let ours: RunningAgent;
  before(async () => {
    oracle = await startOracle();
    ours = await startSystemAgent();
  });
  after(async () => {
    await oracle[Symbol.asyncDispose]();
    await ours[Symbol.asyncDispose]();
  });

  const theirs = async (execute: string) => parse(await askOracle(oracle.socket, JSON.stringify({ execute })));
  const mine = async (execute: string, args?: object) =>
    parse(await exchange(ours.socket, JSON.stringify({ execute, arguments: args })));

  for (const command of ['guest-get-disks', 'guest-get-vcpus', 'guest-get-memory-blocks']) {
    it(`${command}: same rows in the same order`, async () => {
      const expected = await theirs(command);
      assert.ok(Array.isArray(expected.return), JSON.stringify(expected));
      assert.deepEqual(await mine(command), expected);
    });
  }

  it('guest-get-memory-block-info: same size', async () => {
    assert.deepEqual(await mine('guest-get-memory-block-info'), await theirs('guest-get-memory-block-info'));
  });

  it('guest-get-fsinfo: same file systems, each once; used bytes between two answers of qemu-ga', async () => {
    const before = firstOfEach(await theirs('guest-get-fsinfo'));
    const now = rows(await mine('guest-get-fsinfo'));
    const after = firstOfEach(await theirs('guest-get-fsinfo'));
    assert.ok(before.length > 0);
    const still = ({
      'used-bytes': _used,
      'total-bytes': _total,
      'total-bytes-privileged': _,
      ...rest
    }: Rows[number]) => rest;
    assert.deepEqual(now.map(still), before.map(still));
    for (const [index, row] of now.entries()) {
      for (const member of ['used-bytes', 'total-bytes']) {
        const [a, b] = [Number(before[index]?.[member]), Number(after[index]?.[member])];
        const slack = 64 << 20; // others write to the disk meanwhile, up and down
        const value = Number(row[member]);
        assert.ok(value >= Math.min(a, b) - slack && value <= Math.max(a, b) + slack, `${member}: ${a} ${value} ${b}`);
      }
      assert.ok(Number(row['total-bytes-privileged']) >= Number(row['total-bytes']));
    }
  });

  it('guest-get-diskstats: same devices and counters, which have not gone back', async () => {
    const before = rows(await theirs('guest-get-diskstats'));
    const now = rows(await mine('guest-get-diskstats'));
    const after = rows(await theirs('guest-get-diskstats'));
    const shape = ({ stats, ...rest }: Rows[number]) => ({ ...rest, stats: Object.keys(stats as object).sort() });
    assert.deepEqual(now.map(shape), before.map(shape));
    for (const [index, { stats }] of now.entries()) {
      const [low, high] = [before[index]?.stats, after[index]?.stats] as Record<string, number>[];
      for (const [name, value] of Object.entries(stats as Record<string, number>)) {
        if (name === 'ios-pgr') continue;
        assert.ok(Number(low?.[name]) <= value && value <= Number(high?.[name]), `${name} ${value}`);
      }
    }
  });

  it('guest-get-cpustats: same processors and times, which have not gone back', async () => {
    const before = rows(await theirs('guest-get-cpustats'));
    const now = rows(await mine('guest-get-cpustats'));
    const after = rows(await theirs('guest-get-cpustats'));
    const shape = (row: Rows[number]) => [row.type, row.cpu, ...Object.keys(row).sort()];
    assert.deepEqual(now.map(shape), before.map(shape));
    for (const [index, row] of now.entries()) {
      for (const name of ['user', 'nice', 'system', 'softirq', 'irq', 'guest', 'guestnice']) {
        const [low, value, high] = [before, now, after].map((list) => Number(list[index]?.[name]));
        assert.ok(Number(low) <= Number(value) && Number(value) <= Number(high), `${name} of ${row.cpu}`);
      }
    }
  });

  it('guest-get-load, which this qemu-ga is too old for, is /proc/loadavg', async () => {
    const loads = () => readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).map(Number);
    const before = loads();
    const { load1m, load5m, load15m } = (await mine('guest-get-load')).return as Record<string, number>;
    const after = loads();
    for (const [index, value] of [load1m, load5m, load15m].entries()) {
      assert.ok(value === before[index] || value === after[index], `${before} ${value} ${after}`);
    }
  });

  it('what changes the machine is refused here', async () => {
    const refused = 'changes to this machine are switched off';
    const vcpus = [{ 'logical-id': 0, online: true }];
    const blocks = [{ 'phys-index': 0, online: true }];
    for (const [command, args] of [
      ['guest-set-vcpus', { vcpus }],
      ['guest-set-memory-blocks', { 'mem-blks': blocks }],
      ['guest-suspend-ram', {}],
      ['guest-suspend-disk', {}],
      ['guest-suspend-hybrid', {}],
    ] as const) {
      assert.deepEqual((await mine(command, args)).error, { class: 'GenericError', desc: refused }, command);
    }
    const { paths } = (await mine('guest-fstrim')).return as { paths: Rows };
    assert.ok(paths.length > 0 && paths.every(({ error }) => error === refused), JSON.stringify(paths));
  });
});

/** Newer releases of qemu-ga, and we, leave out what is mounted again elsewhere. The list begins with the latest. */
function firstOfEach(answer: Answer): Rows {
  const all = rows(answer);
  return all.filter(({ name }, index) => !all.slice(index + 1).some((other) => other.name === name));
}

function rows(answer: Answer): Rows {
  assert.ok(Array.isArray(answer.return), JSON.stringify(answer));
  return answer.return;
}

function parse(bytes: Buffer): Answer {
  return JSON.parse(bytes.toString()) as Answer;
}
