import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { ovirtRig, ToldConsole } from '#test/support/ovirt/rig.ts';

/** What is looked up comes a turn later than the rest. */
const AT_START = ['session-startup', 'os-version', 'network-interfaces', 'active-user', 'heartbeat'];
const LATER_AT_START = ['host-name', 'applications', 'fqdn'];
const LATER = ['applications', 'host-name', 'fqdn', 'disks-usage'];
const LATER_SINCE_3 = ['applications', 'containers', 'host-name', 'fqdn', 'disks-usage'];
const REFRESH = ['session-startup', 'active-user', 'os-version', 'network-interfaces'];
const SINCE_2 = ['timezone', 'os-info'];
const BEAT_MS = 5_000;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
});

/** A rig whose host is connected and at version 3, with nothing left to hear. */
async function inForce(...args: Parameters<typeof ovirtRig>) {
  const rig = await ovirtRig(...args);
  rig.channel.connect();
  rig.host.refresh();
  await rig.listen();
  mock.timers.tick(BEAT_MS);
  await rig.listen();
  assert.equal(rig.host.version, 3);
  rig.host.take();
  return rig;
}

describe('oVirt door: the conversation', () => {
  it('tells the first host unasked what version 0 has, and the heartbeat with 0', async () => {
    const { channel, host, listen } = await ovirtRig();
    channel.connect();
    assert.deepEqual(await listen(), [...AT_START, ...LATER_AT_START]);
    assert.equal(host.heard.find(({ name }) => name === 'heartbeat')?.members.apiVersion, 0);
  });

  it('answers refresh with the same, without a heartbeat', async () => {
    const { channel, host, listen } = await ovirtRig();
    channel.connect();
    await listen();
    host.take();
    host.refresh();
    assert.deepEqual(await listen(), [...REFRESH, ...LATER]);
  });

  it('tells the same when the guest has woken up, and nothing to nobody', async () => {
    const { channel, door, host, listen } = await inForce();
    door.refresh();
    assert.deepEqual(await listen(), [...REFRESH, ...SINCE_2, ...LATER_SINCE_3]);
    channel.disconnect();
    host.take();
    door.refresh();
    assert.deepEqual(await listen(), []);
  });

  it('a second host hears a heartbeat with 0 and nothing else before it asks', async () => {
    const { channel, host, listen } = await inForce();
    channel.disconnect();
    channel.connect();
    assert.deepEqual(await listen(), ['heartbeat']);
    assert.equal(host.take()[0]?.members.apiVersion, 0);
  });

  it('the second heartbeat brings version 3, and everything again with what it adds', async () => {
    const { channel, host, listen } = await ovirtRig();
    channel.connect();
    await listen();
    host.take();
    mock.timers.tick(BEAT_MS);
    assert.deepEqual(await listen(), ['heartbeat', ...REFRESH, ...SINCE_2, ...LATER_SINCE_3]);
    assert.equal(host.version, 3);
  });

  it('refresh of the old kind falls back to version 0 until the host has heard of it', async () => {
    const { host, listen } = await inForce();
    host.say('refresh');
    assert.deepEqual(await listen(), [...REFRESH, ...LATER]);
    host.take();
    mock.timers.tick(BEAT_MS);
    assert.deepEqual(await listen(), ['heartbeat']);
    assert.equal(host.version, 0);
    host.take();
    mock.timers.tick(BEAT_MS);
    assert.deepEqual(await listen(), ['heartbeat', ...REFRESH, ...SINCE_2, ...LATER_SINCE_3]);
    assert.equal(host.version, 3);
  });

  it('api-version that changes nothing is answered with nothing', async () => {
    const { host, listen } = await inForce();
    host.say('api-version', { apiVersion: 3 });
    host.say('api-version', { apiVersion: 'x' });
    host.say('api-version');
    assert.deepEqual(await listen(), []);
  });

  it('echo comes back as it was', async () => {
    const { host, listen } = await inForce();
    host.say('echo', { text: 'ž😀', n: 1, list: [null, { a: true }] });
    await listen();
    assert.deepEqual(host.take(), [{ name: 'echo', members: { text: 'ž😀', n: 1, list: [null, { a: true }] } }]);
  });

  it('lines that cannot be read cost nothing but themselves, and the log says so once', async () => {
    const { channel, host, listen, log } = await inForce();
    channel.say('\n{"__name__":1}\nnonsense\n{"__name__":"echo"}\n');
    assert.deepEqual(await listen(), ['echo']);
    host.take();
    const dropped = log.lines.filter(({ message }) => message === 'line of the host dropped');
    assert.deepEqual(
      dropped.map(({ level }) => level),
      ['warn', 'debug', 'debug'],
    );
  });

  it('half a line dies with its host', async () => {
    const { channel, listen, host } = await inForce();
    channel.say('{"__name__":"echo","a":');
    channel.disconnect();
    channel.connect();
    host.say('echo');
    assert.deepEqual(await listen(), ['heartbeat', 'echo']);
  });

  it('a half-closed host gets what it has asked for, then the door hangs up', async () => {
    const { channel, host, listen } = await inForce();
    host.refresh();
    channel.end();
    assert.equal(channel.hungUp, false);
    assert.deepEqual(await listen(), [...REFRESH, ...SINCE_2, ...LATER_SINCE_3]);
    assert.equal(channel.hungUp, true);
  });
});

describe('oVirt door: intervals', () => {
  it('nothing is said or collected while no host is connected', async () => {
    const platform = fakePlatform();
    let samples = 0;
    const memory = {
      sample() {
        samples++;
        return platform.memory.sample();
      },
    };
    const console = new ToldConsole();
    const { channel, door } = await ovirtRig({ ports: { ...platform, memory, console } });
    mock.timers.tick(10 * BEAT_MS);
    channel.connect();
    channel.drain();
    channel.disconnect();
    samples = 0;
    console.tell('alice');
    mock.timers.tick(100 * BEAT_MS);
    channel.state = 'connected'; // so that what were sent would be seen
    assert.equal(channel.drain(), '');
    assert.equal(samples, 0);
    await door.stop();
  });

  it('each report comes when it is due, and the users only if they changed', async () => {
    const { host, listen } = await inForce(); // one heartbeat has gone
    const heard: Record<string, number[]> = {};
    for (let beat = 2; beat <= 60; beat++) {
      mock.timers.tick(BEAT_MS);
      await listen();
      for (const { name } of host.take()) heard[name] = [...(heard[name] ?? []), beat * 5];
    }
    assert.equal(heard.heartbeat?.length, 59);
    delete heard.heartbeat;
    assert.deepEqual(heard, {
      'number-of-cpus': [60, 120, 180, 240, 300],
      'host-name': [120, 240],
      'os-version': [120, 240],
      'network-interfaces': [120, 240],
      fqdn: [120, 240],
      applications: [120, 240],
      containers: [120, 240],
      'disks-usage': [300],
    });
  });

  it('a report that takes its time delays no heartbeat, is not begun twice, and is told when it is known', async () => {
    const platform = fakePlatform();
    const answers: ((name: string) => void)[] = [];
    const inventory = {
      ...platform.inventory,
      fullHostName: () => new Promise<string>((resolve) => answers.push(resolve)),
    };
    const { channel, host, listen } = await ovirtRig({ ports: { ...platform, inventory } });
    channel.connect();
    for (let count = 0; count < 5; count++) host.refresh();
    mock.timers.tick(3 * BEAT_MS);
    assert.equal((await listen()).filter((name) => name === 'heartbeat').length, 4);
    assert.equal(answers.length, 2, 'host-name and fqdn');
    host.take();
    for (const answer of answers) answer('late.example.org');
    assert.deepEqual(await listen(), ['host-name', 'fqdn']);
  });

  it('a report that fails is left out, and the log says so once until it has worked', async () => {
    const platform = fakePlatform();
    let isBroken = true;
    const inventory = {
      ...platform.inventory,
      operatingSystem() {
        if (isBroken) throw new AgentError('failed', 'no os-release');
        return platform.inventory.operatingSystem();
      },
      fullHostName: () => (isBroken ? Promise.reject(new Error('no name')) : platform.inventory.fullHostName()),
    };
    const { host, listen, log } = await inForce({ ports: { ...platform, inventory } });
    const failed = () =>
      log.lines.filter(({ message }) => message === 'report failed').map(({ fields }) => fields.report);
    host.refresh();
    assert.deepEqual(await listen(), [
      ...['session-startup', 'network-interfaces', 'timezone'],
      ...['applications', 'containers', 'disks-usage'],
    ]);
    assert.deepEqual(failed().sort(), ['fqdn', 'host-name', 'os-info', 'os-version']);
    isBroken = false;
    host.refresh();
    await listen();
    isBroken = true;
    host.refresh();
    await listen();
    assert.equal(failed().length, 8);
  });

  it('a port that the system lacks costs its reports only', async () => {
    const { channel, listen } = await ovirtRig({ ports: {} });
    channel.connect();
    assert.deepEqual(await listen(), ['session-startup', 'heartbeat']);
  });
});

describe('oVirt door: changes', () => {
  it('somebody who logs in, locks, unlocks and leaves is told at once, in words that have an order', async () => {
    const { console, host, listen } = await inForce();
    const heard = async () => {
      await listen();
      return host.take().map(({ name, members }) => (name === 'active-user' ? `${name} ${members.name}` : name));
    };
    console.tell('alice');
    assert.deepEqual(await heard(), ['active-user alice', 'session-logon']);
    console.tell('alice', true);
    assert.deepEqual(await heard(), ['session-lock']);
    console.tell('alice', true);
    assert.deepEqual(await heard(), []);
    console.tell('alice');
    assert.deepEqual(await heard(), ['session-unlock']);
    console.tell('bob', true);
    assert.deepEqual(await heard(), ['session-logoff', 'active-user bob', 'session-logon', 'session-lock']);
    console.tell('');
    assert.deepEqual(await heard(), ['session-logoff', 'active-user None']);
  });

  it('what a session is in is told again to whoever asks for everything', async () => {
    const { console, host, listen } = await inForce();
    console.tell('alice', true);
    await listen();
    host.take();
    host.refresh();
    const words = (await listen()).filter((name) => name.startsWith('session-'));
    assert.deepEqual(words, ['session-startup', 'session-logon', 'session-lock']);
    console.tell('');
    await listen();
    host.take();
    host.refresh();
    assert.deepEqual(
      (await listen()).filter((name) => name.startsWith('session-')),
      ['session-startup', 'session-logoff'],
    );
  });

  it('a policy that keeps users to itself keeps the words too', async () => {
    const { console, host, listen } = await inForce({ mayTell: (name) => !/^(active-user|session-l)/.test(name) });
    console.tell('alice', true);
    console.tell('');
    host.refresh();
    const told = await listen();
    assert.ok(told.length > 0);
    assert.deepEqual(
      told.filter((name) => /user|session-[^s]/.test(name)),
      [],
    );
  });

  it('changed addresses are told before their interval', async () => {
    const platform = fakePlatform();
    let changed = () => {};
    let address = '10.0.0.5';
    const network = {
      ...platform.network,
      interfaces: () => [
        { name: 'eth0', up: true, loopback: false, addresses: [{ family: 'ipv4' as const, address, prefix: 24 }] },
      ],
      onChange(listener: () => void) {
        changed = listener;
        return { [Symbol.dispose]: () => {} };
      },
    };
    const { host, listen } = await inForce({ ports: { ...platform, network } });
    address = '10.0.0.6';
    changed();
    changed();
    mock.timers.tick(200);
    await listen();
    const interfaces = [{ name: 'eth0', hw: '', inet: ['10.0.0.6'], inet6: [] }];
    assert.deepEqual(host.take(), [{ name: 'network-interfaces', members: { interfaces } }]);
  });

  it('what the last host was told the next one is told too', async () => {
    const { channel, console, host, listen } = await inForce();
    channel.disconnect();
    channel.connect();
    await listen();
    host.take();
    console.tell('');
    assert.deepEqual(await listen(), ['session-logoff', 'active-user']);
  });

  it('nobody listens for changes without a host', async () => {
    const { channel, console, door } = await ovirtRig();
    assert.equal(console.listeners.size, 0);
    channel.connect();
    assert.equal(console.listeners.size, 1);
    channel.disconnect();
    assert.equal(console.listeners.size, 0);
    channel.connect();
    await door.stop();
    assert.equal(console.listeners.size, 0);
  });

  it('changes that cannot be watched are left to the intervals', async () => {
    const platform = fakePlatform();
    const network = {
      ...platform.network,
      onChange() {
        throw new Error('no netlink');
      },
    };
    const { log } = await inForce({ ports: { ...platform, network } });
    assert.ok(log.lines.some(({ level, fields }) => level === 'warn' && fields.report === 'network-interfaces'));
  });
});

describe('oVirt door: a host that does not read', () => {
  it('is told nothing more and is not read, and gets everything anew when it reads again', async () => {
    const { channel, host, listen } = await inForce({}, new FakeChannel(2_000));
    mock.timers.tick(100 * BEAT_MS);
    assert.equal(channel.paused, true);
    await listen();
    const names = host.take().map(({ name }) => name);
    const beats = names.filter((name) => name === 'heartbeat').length;
    assert.ok(beats > 0 && beats < 20, `${beats} heartbeats`);
    assert.deepEqual(names.slice(-11), [...REFRESH, ...SINCE_2, ...LATER_SINCE_3]);
    assert.equal(channel.paused, false);
    mock.timers.tick(BEAT_MS);
    assert.ok((await listen()).includes('heartbeat'));
  });

  it('that goes meanwhile leaves nothing behind for the next', async () => {
    const { channel, listen } = await inForce({}, new FakeChannel(2_000));
    mock.timers.tick(100 * BEAT_MS);
    assert.equal(channel.paused, true);
    channel.disconnect();
    channel.drain();
    assert.equal(channel.paused, false);
    channel.connect();
    assert.equal((await listen())[0], 'heartbeat');
  });

  it('still gets its answers of what had been read', async () => {
    const { channel, listen } = await inForce({}, new FakeChannel(2_000));
    const echo = JSON.stringify({ __name__: 'echo', text: 'x'.repeat(2_000) });
    channel.say(`${echo}\n${echo}\n{"__name__":"refresh","apiVersion":3}\n`);
    assert.equal(channel.paused, true);
    assert.deepEqual((await listen()).slice(0, 2), ['echo', 'echo']);
  });
});

describe('oVirt door: the end', () => {
  it('is announced, and nothing follows', async () => {
    const { channel, door, host } = await inForce();
    await door.stop();
    host.hear(Buffer.from(channel.drain(), 'latin1'));
    assert.deepEqual(host.take(), [{ name: 'session-shutdown', members: {} }]);
    assert.equal(channel.state, 'closed');
    channel.state = 'connected';
    mock.timers.tick(100 * BEAT_MS);
    assert.equal(channel.drain(), '');
    await door.stop();
  });

  it('is announced to nobody where nobody is', async () => {
    const { channel, door } = await ovirtRig();
    channel.state = 'connected';
    await door.stop();
    assert.equal(channel.drain(), '');
  });
});

describe('oVirt door: intervals of the configuration', () => {
  it('are those that were asked for', async () => {
    const options = {
      ...DEFAULT_OVIRT_OPTIONS,
      intervals: { heartbeat: 2, users: 2, cpus: 4, applications: 600, disks: 600 },
    };
    const { channel, host, listen } = await ovirtRig({ options });
    channel.connect();
    await listen();
    mock.timers.tick(2_000);
    await listen();
    host.take();
    mock.timers.tick(2_000);
    assert.deepEqual(await listen(), ['heartbeat', 'number-of-cpus']);
  });
});
