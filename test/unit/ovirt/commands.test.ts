import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import type { Happening } from '#system-agent/lifecycle/lifecycle.ts';
import { commands } from '#system-agent/ovirt/commands/index.ts';
import { demoGate } from '#system-agent/ovirt/gate.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { FakeSessionControl } from '#test/fakes/session-control.ts';
import { session } from '#test/fakes/sessions.ts';
import { goldenFiles } from '#test/support/golden.ts';
import { ovirtRig } from '#test/support/ovirt/rig.ts';

type Rig = Awaited<ReturnType<typeof ovirtRig>>;

async function connected(...args: Parameters<typeof ovirtRig>): Promise<Rig> {
  const rig = await ovirtRig(...args);
  rig.channel.connect();
  await rig.listen();
  rig.host.take();
  return rig;
}

const notes = ({ log }: Rig, message: string) => log.lines.filter((line) => line.message === message);

describe('oVirt shutdown', () => {
  const planned = async (members: Readonly<Record<string, unknown>>) => {
    const rig = await connected();
    rig.channel.say(`${JSON.stringify({ __name__: 'shutdown', ...members })}\n`);
    const [plan, ...more] = rig.platform.plans;
    assert.ok(plan !== undefined);
    assert.deepEqual([more, rig.platform.shutdowns], [[], []]);
    await rig.door.stop();
    return plan;
  };

  it('takes seconds, message and the word for a boolean as VDSM sends them', async () => {
    assert.deepEqual(await planned({ timeout: 30, message: 'Going ž down', reboot: 'True' }), {
      mode: 'reboot',
      delaySeconds: 30,
      message: 'Going ž down',
    });
  });

  it('has a default for each', async () => {
    const now = { mode: 'powerdown', delaySeconds: 0, message: 'System is going down' };
    assert.deepEqual(await planned({}), now);
    assert.deepEqual(await planned({ timeout: 'soon', message: 7, reboot: 'no' }), now);
    assert.deepEqual(await planned({ timeout: -5, message: ' \n', reboot: null }), now);
    assert.deepEqual(await planned({ timeout: null, reboot: 1 }), now);
  });

  it('reboots for true in any dress', async () => {
    for (const reboot of [true, 'true', 'TRUE']) assert.equal((await planned({ reboot })).mode, 'reboot');
    for (const reboot of [false, 'False', '']) assert.equal((await planned({ reboot })).mode, 'powerdown');
  });

  it('takes digits for a number, and a week at most', async () => {
    assert.equal((await planned({ timeout: '120' })).delaySeconds, 120);
    assert.equal((await planned({ timeout: 1.5 })).delaySeconds, 1.5);
    assert.equal((await planned({ timeout: 1e30 })).delaySeconds, 604_800);
  });

  it('makes one bounded line of the message, without what steers a terminal', async () => {
    const { message } = await planned({ message: `a\u001b[2Jb\0c\nd${'x'.repeat(5000)}` });
    assert.match(message, /^a \[2Jb c dx+$/);
    assert.equal(message.length, 1024);
  });

  it('that the system refuses is told to the log, and the conversation goes on', async () => {
    const platform = fakePlatform();
    const power = { ...platform.power, schedule: () => Promise.reject(new AgentError('refused', 'not here')) };
    const rig = await connected({ ports: { ...platform, power } });
    rig.host.say('shutdown');
    rig.host.say('echo');
    assert.deepEqual(await rig.listen(), ['echo']);
    assert.equal(notes(rig, 'command failed').length, 1);
    await rig.door.stop();
  });

  it('is not possible on a system that lacks the port', async () => {
    const rig = await connected({ ports: {} });
    rig.host.say('shutdown');
    assert.equal(notes(rig, 'command is not possible here').length, 1);
    await rig.door.stop();
  });
});

describe('oVirt hibernate', () => {
  it('has two states, and disk is the one without a word', async () => {
    const platform = fakePlatform();
    const modes: string[] = [];
    const sleep = { sleep: async (mode: string) => void modes.push(mode) };
    const rig = await connected({ ports: { ...platform, sleep } });
    for (const members of [{}, { state: 'disk' }, { state: 'mem' }]) rig.host.say('hibernate', members);
    for (const members of [{ state: 'standby' }, { state: '../x' }, { state: 7 }]) rig.host.say('hibernate', members);
    await rig.listen();
    assert.deepEqual(modes, ['disk', 'disk', 'ram']);
    assert.equal(notes(rig, 'command failed').length, 3);
    await rig.door.stop();
  });
});

describe('oVirt set-number-of-cpus', () => {
  it('is answered with the number there is, for what is a number above zero', async () => {
    const rig = await connected();
    rig.host.version = 3;
    rig.host.say('api-version', { apiVersion: 1 });
    await rig.listen();
    rig.host.take();
    rig.host.say('set-number-of-cpus', { count: 8 });
    await rig.listen();
    assert.deepEqual(rig.host.take(), [{ name: 'number-of-cpus', members: { count: 4 } }]);
    for (const count of [0, -1, '0', 'x', null]) rig.host.say('set-number-of-cpus', { count });
    rig.host.say('set-number-of-cpus');
    assert.deepEqual(await rig.listen(), []);
    await rig.door.stop();
  });
});

describe('oVirt lifecycle-event', () => {
  async function atVersion3(...args: Parameters<typeof ovirtRig>) {
    const rig = await connected(...args);
    rig.host.version = 3;
    rig.host.say('api-version', { apiVersion: 3 });
    await rig.listen();
    rig.host.take();
    return rig;
  }

  function recording() {
    const happenings: Happening[] = [];
    return { happenings, lifecycle: { happened: async (one: Happening) => void happenings.push(one) } };
  }

  it('runs hooks and is answered where the host waits', async () => {
    const { happenings, lifecycle } = recording();
    const rig = await atVersion3({ ports: { ...fakePlatform(), lifecycle } });
    rig.host.say('lifecycle-event', { type: 'before_migration', reply_id: 'a-1' });
    rig.host.say('lifecycle-event', { type: 'after_migration', failure: true });
    await rig.listen();
    assert.deepEqual(rig.host.take(), [{ name: 'completion', members: { reply_id: 'a-1', done: true } }]);
    assert.deepEqual(happenings, [
      { event: 'before_migration', failure: false, isAwaited: true },
      { event: 'after_migration', failure: true, isAwaited: false },
    ]);
    await rig.door.stop();
  });

  it('is answered for whatever it may be called, and however it ends', async () => {
    const { happenings, lifecycle } = recording();
    const rig = await atVersion3({ ports: { ...fakePlatform(), lifecycle } });
    const types = ['dispatch', '__init__', 'constructor', '__proto__', '../x', 7, null, 'x'.repeat(10_000)];
    for (const [index, type] of types.entries()) rig.host.say('lifecycle-event', { type, reply_id: `${index}` });
    rig.host.say('lifecycle-event', { reply_id: 'none' });
    await rig.listen();
    assert.deepEqual(
      rig.host.take().map(({ members }) => members.reply_id),
      [...types.map((_, index) => `${index}`), 'none'],
    );
    assert.deepEqual(happenings, []);
    await rig.door.stop();
  });

  it('that is refused keeps no host waiting', async () => {
    for (const parts of [{ gate: demoGate }, { ports: {} }]) {
      const { happenings, lifecycle } = recording();
      const rig = await atVersion3({ ports: { ...fakePlatform(), lifecycle }, ...parts });
      rig.host.say('lifecycle-event', { type: 'before_migration', reply_id: 'a-1' });
      await rig.listen();
      assert.deepEqual(rig.host.take().filter(({ name }) => name === 'completion').length, 1);
      assert.deepEqual(happenings, []);
      await rig.door.stop();
    }
  });

  it('is not answered below version 3, whose hosts do not know the word', async () => {
    const rig = await connected();
    rig.host.say('lifecycle-event', { type: 'before_migration', reply_id: 'a-1' });
    assert.deepEqual(await rig.listen(), []);
    await rig.door.stop();
  });
});

describe('oVirt commands', () => {
  it('that VDSM has sent are all known', async () => {
    const rig = await connected();
    for (const golden of goldenFiles('ovirt').filter(({ from }) => from === 'host')) {
      rig.channel.say(Buffer.from(golden.hex, 'hex'));
    }
    assert.equal(notes(rig, 'command is not possible here').length, 2); // nobody controls sessions in this test
    assert.deepEqual(notes(rig, 'unknown command'), []);
    assert.equal(rig.platform.plans.length, 1);
    assert.deepEqual(rig.logins, ['alice@example.org any']);
    assert.ok(
      !JSON.stringify(rig.log.lines, (_, value) => (typeof value === 'bigint' ? `${value}` : value)).includes('cret'),
    );
    await rig.door.stop();
  });

  it('that nobody knows are one line of the log, with a name that is not longer than a line', async () => {
    const rig = await connected();
    for (const name of ['constructor', '__proto__', 'x'.repeat(10_000)]) rig.host.say(name);
    const lines = notes(rig, 'unknown command');
    assert.deepEqual(
      lines.map(({ fields }) => String(fields.command).length),
      [11, 9, 64],
    );
    assert.deepEqual(await rig.listen(), []);
    await rig.door.stop();
  });

  it('that fail by a bug are told so and end nothing', async () => {
    const platform = fakePlatform();
    const power = {
      ...platform.power,
      schedule() {
        throw new TypeError('undefined is not a function');
      },
    };
    const rig = await connected({ ports: { ...platform, power } });
    rig.host.say('shutdown');
    rig.host.say('echo');
    assert.deepEqual(await rig.listen(), ['echo']);
    assert.equal(notes(rig, 'command failed by a bug').length, 1);
    await rig.door.stop();
  });

  it('that change the machine are refused by the demonstration, all others are not', async () => {
    const rig = await connected({ gate: demoGate });
    rig.host.say('shutdown', { timeout: 0 });
    rig.host.say('echo');
    rig.host.refresh();
    assert.equal((await rig.listen())[0], 'echo');
    assert.deepEqual(rig.platform.plans, []);
    assert.deepEqual(
      notes(rig, 'command refused').map(({ fields }) => fields),
      [{ command: 'shutdown', reason: 'refused in demo mode' }],
    );
    assert.deepEqual(
      commands.filter(({ name }) => demoGate(name) === undefined).map(({ name }) => name),
      ['api-version', 'echo', 'refresh', 'set-number-of-cpus'],
    );
    assert.notEqual(demoGate('no-such-command'), undefined);
    await rig.door.stop();
  });

  it('are each in the table once', () => {
    const names = commands.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort());
  });
});

describe('oVirt session control', () => {
  const controlled = async (sessionControl: FakeSessionControl) => {
    const rig = await connected({ ports: { ...fakePlatform(), sessionControl } });
    return Object.assign(rig, {
      asks: async (name: string) => {
        rig.host.say(name);
        await rig.listen();
        return sessionControl.asked.splice(0);
      },
    });
  };

  it('locks the screens of all users, and logs off the one at the machine', async () => {
    const control = new FakeSessionControl();
    control.ended = { session: session(), seconds: 30 };
    const rig = await controlled(control);
    assert.deepEqual(await rig.asks('lock-screen'), [['lock', undefined]]);
    assert.deepEqual(await rig.asks('log-off'), [['logOff', undefined]]);
    assert.deepEqual(notes(rig, 'command failed'), []);
    await rig.door.stop();
  });

  it('tells the log which screen is not locked, and that nobody is there to be logged off', async () => {
    const control = new FakeSessionControl();
    control.locked = [
      { session: session(), locked: true, by: 'logind' },
      { session: session({ id: '7' }), locked: false, why: 'no screen saver' },
    ];
    const rig = await controlled(control);
    await rig.asks('lock-screen');
    await rig.asks('log-off');
    assert.deepEqual(
      notes(rig, 'command failed').map(({ fields }) => String(fields?.error)),
      ['AgentError: not locked: session 7: no screen saver', 'AgentError: nobody is logged in at this machine'],
    );
    await rig.door.stop();
  });
});
