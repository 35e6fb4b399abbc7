import assert from 'node:assert/strict';
import { before, describe, it, mock } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MemorySample } from '#system-agent/memory/memory.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { ovirtRig, ToldConsole } from '#test/support/ovirt/rig.ts';

const BEAT_MS = 5_000;
const HOUR = 720;

/** What the memory's counters rise by, a second. */
const FAULTS = 7;

/**
 * A day of one door on a clock that the test winds: every message, its time in seconds, and how the day went. The host is
 * a VDSM that checks every message against the table of types (test/support/ovirt/required.ts).
 */
async function simulate(beats: number, happens: (beat: number, day: Day) => void | Promise<void>) {
  const channel = new FakeChannel(64 * 1024);
  const console = new ToldConsole();
  const platform = fakePlatform();
  let seconds = 0;
  let addressesChanged = () => {};
  let mountsChanged = () => {};
  const address = { last: 5 };
  const sample = (): MemorySample => ({ ...platform.memory.sample(), pageFaults: FAULTS * seconds });
  const watch = (set: (changed: () => void) => void) => (changed: () => void) => {
    set(changed);
    return { [Symbol.dispose]: () => set(() => {}) };
  };
  const ports = {
    ...platform,
    console,
    memory: { sample },
    mounts: { ...platform.mounts, onChange: watch((changed) => (mountsChanged = changed)) },
    network: {
      ...platform.network,
      onChange: watch((changed) => (addressesChanged = changed)),
      interfaces: () => [
        {
          name: 'eth0',
          up: true,
          loopback: false,
          addresses: [{ family: 'ipv4' as const, address: `10.0.0.${address.last}`, prefix: 24 }],
        },
      ],
    },
  };
  const start = () => ovirtRig({ ports, nowMs: () => seconds * 1000 }, channel);
  const day: Day = {
    rig: await start(),
    heard: [],
    console,
    readdress() {
      address.last++;
      addressesChanged();
    },
    remount: () => mountsChanged(),
    async restart() {
      const { version } = day.rig.host;
      await day.rig.door.stop();
      day.rig = await start();
      day.rig.host.version = version; // VDSM notices no restart
      channel.connect();
    },
  };
  const listen = async () => {
    await day.rig.listen();
    for (const { name, members } of day.rig.host.take()) day.heard.push({ at: seconds, name, members });
  };
  channel.connect();
  day.rig.host.refresh();
  await listen();
  for (let beat = 1; beat <= beats; beat++) {
    await happens(beat, day);
    mock.timers.tick(BEAT_MS / 2); // what has changed is gathered for a moment
    await listen();
    seconds += BEAT_MS / 1000;
    mock.timers.tick(BEAT_MS / 2);
    await listen();
  }
  await day.rig.door.stop();
  return day;
}

interface Day {
  rig: Awaited<ReturnType<typeof ovirtRig>>;
  readonly heard: { readonly at: number; readonly name: string; readonly members: Readonly<Record<string, unknown>> }[];
  readonly console: ToldConsole;
  readdress(): void;
  remount(): void;
  restart(): Promise<void>;
}

/** What the test itself would keep of a day. */
function forget({ heard, rig }: Day): void {
  heard.length = 0;
  rig.transcript();
  rig.log.lines.length = 0;
}

const times = ({ heard }: Day, name: string) => heard.filter((one) => one.name === name).map(({ at }) => at);
const spacing = (day: Day, name: string) =>
  new Set(times(day, name).map((at, index, all) => at - (all[index - 1] ?? at)));

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('a day of the oVirt door', () => {
  before(() => mock.timers.enable({ apis: ['setInterval', 'setTimeout'] }));

  it('on which nothing happens has every message at its interval, and no other', async () => {
    const day = await simulate(24 * HOUR, () => {});
    const counts: Record<string, number> = {};
    for (const { name } of day.heard) counts[name] = (counts[name] ?? 0) + 1;
    // Beside the intervals: the start, the first refresh and the one that version 3 brings.
    assert.deepEqual(counts, {
      heartbeat: 24 * HOUR + 1,
      'number-of-cpus': 24 * 60,
      applications: 24 * 30 + 2,
      containers: 24 * 30 + 1,
      'host-name': 24 * 30 + 2,
      'os-version': 24 * 30 + 3,
      'network-interfaces': 24 * 30 + 3,
      fqdn: 24 * 30 + 2,
      'disks-usage': 24 * 12 + 2,
      'active-user': 3,
      'session-startup': 3,
      timezone: 1,
      'os-info': 1,
    });
    assert.deepEqual(spacing(day, 'heartbeat'), new Set([0, 5]));
    assert.deepEqual(spacing(day, 'number-of-cpus'), new Set([0, 60]));
    const rates = day.heard.flatMap(({ members }) => (members['memory-stat'] as { pageflt: number })?.pageflt ?? []);
    assert.deepEqual(new Set(rates), new Set([0, FAULTS]));
    assert.deepEqual([rates[0], rates[1]], [0, FAULTS]);
  });

  it('with people and changes has each of them once, when it happens', async () => {
    const day = await simulate(12 * HOUR, (beat, { console, readdress, remount }) => {
      if (beat === HOUR) console.tell('alice');
      if (beat === 2 * HOUR) console.tell('alice', true);
      if (beat === 3 * HOUR) console.tell('alice');
      if (beat === 4 * HOUR) console.tell('bob');
      if (beat === 5 * HOUR) console.tell('');
      if (beat === 6 * HOUR + 1) readdress();
      if (beat === 7 * HOUR + 1) for (let count = 0; count < 100; count++) remount(); // nothing has really changed
    });
    const at = (beat: number) => (beat - 1) * 5;
    assert.deepEqual(times(day, 'session-logon'), [at(HOUR), at(4 * HOUR)]);
    assert.deepEqual(times(day, 'session-lock'), [at(2 * HOUR)]);
    assert.deepEqual(times(day, 'session-unlock'), [at(3 * HOUR)]);
    assert.deepEqual(times(day, 'session-logoff'), [at(4 * HOUR), at(5 * HOUR)]);
    const users = day.heard.filter(({ name }) => name === 'active-user').map(({ members }) => members.name);
    assert.deepEqual(users.slice(3), ['alice', 'bob', 'None']);
    assert.ok(times(day, 'network-interfaces').includes(at(6 * HOUR + 1)));
    assert.equal(times(day, 'disks-usage').length, 12 * 12 + 2);
  });

  it('with bad hosts goes on, answers the next good one, and leaves nothing behind', async () => {
    const lines = [
      '\n',
      '{"__name__":1}\n',
      '{"__name__":"echo","a":',
      `"${'x'.repeat(2 * 1024 * 1024)}"}\n`,
      Buffer.from([0xff, 0xfe, 0x0a]),
      '[[[[[[[[\n',
      '{"__name__":"shutdown","timeout":{"a":[]},"reboot":[1],"message":{}}\n',
      '{"__name__":"api-version","apiVersion":{}}\n',
      '{"__name__":"lifecycle-event","type":[],"reply_id":{}}\n',
      '{"__name__":"hibernate","state":["disk"]}\n',
      '{"__name__":"set-number-of-cpus","count":"many"}\n',
      '{"__name__":"no-such-command"}\n',
      '{"__name__":"refresh"}\n'.repeat(50), // the oldest kind of host: back to version 0
    ];
    const say = (day: Day, line: string | Buffer) => {
      if (!day.rig.channel.paused) day.rig.channel.say(line);
    };
    let early = 0;
    let late = 0;
    const day = await simulate(10 * HOUR + 100, async (beat, day) => {
      const { channel, host } = day.rig;
      if (beat % 60 === 0) say(day, lines[(beat / 60) % lines.length] ?? '');
      if (beat % 60 === 30) say(day, '\n'); // ends what was half a line
      if (beat % HOUR === 0) {
        channel.disconnect();
        channel.connect();
        host.refresh();
      }
      if (beat === 5 * HOUR + 300) await day.restart();
      if (beat % HOUR === 0) forget(day);
      if (beat === 2 * HOUR) early = usedHeap();
      if (beat === 10 * HOUR) late = usedHeap();
    });
    assert.ok(late - early < 2 << 20, `${late - early} bytes more after eight hours`);
    assert.equal(day.rig.host.version, 3);
    const last = day.heard.slice(-200).map(({ name }) => name);
    for (const name of ['heartbeat', 'number-of-cpus', 'containers']) assert.ok(last.includes(name), name);
    assert.ok(day.rig.platform.plans.length === 0);
  });
});
