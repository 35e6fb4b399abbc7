import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import { type Device, DeviceChannel } from '#system-agent/channels/device.ts';
import { serialLine } from '#system-agent/channels/serial-line.ts';
import { locatePort, namesOfPort, virtioDevice, virtioPort } from '#system-agent/channels/virtio-port.ts';
import { noServiceManager } from '#system-agent/service-manager/service-manager.ts';
import { Recorder } from '#test/support/channel/recorder.ts';
import { TerminalPair } from '#test/support/terminal-pair.ts';
import { until } from '#test/support/until.ts';

const NAME = 'org.example.port.0';

let folder: string;
let roots: { dev: string; sys: string };
let log: MemoryLog;
const states = () => log.lines.map(({ fields }) => fields.state);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'uga-device-'));
  roots = { dev: path.join(folder, 'dev'), sys: path.join(folder, 'sys') };
  mkdirSync(roots.dev);
  log = new MemoryLog();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  rmSync(folder, { recursive: true });
});

/** Closed also behind a test that fails: what is open keeps this process from its end. */
const opened: { close(): void | Promise<void> }[] = [];

function toClose<T extends { close(): void | Promise<void> }>(one: T): T {
  opened.push(one);
  return one;
}

function addNode(pair: TerminalPair, node: string): void {
  symlinkSync(pair.path, path.join(roots.dev, node));
}

function addName(node: string, name: string): void {
  mkdirSync(path.join(roots.sys, node), { recursive: true });
  writeFileSync(path.join(roots.sys, node, 'name'), `${name}\n`);
}

describe('a virtio port', () => {
  it("is found by udev's link, else by the kernel's list, never by a similar name", () => {
    assert.equal(locatePort([NAME], roots), undefined);
    addName('vport0p1', `${NAME}1`);
    mkdirSync(path.join(roots.sys, 'vport0p3'));
    assert.equal(locatePort([NAME], roots), undefined);
    addName('vport0p2', NAME);
    assert.equal(locatePort([NAME], roots), path.join(roots.dev, 'vport0p2'));
    mkdirSync(path.join(roots.dev, 'virtio-ports'));
    writeFileSync(path.join(roots.dev, 'virtio-ports', NAME), '');
    assert.equal(locatePort([NAME], roots), path.join(roots.dev, 'virtio-ports', NAME));
  });

  // A terminal stands in for the port: it appears, carries bytes and is unplugged, but has no absent host.
  it('that is missing is taken when it appears, its name after its node', async () => {
    using pair = new TerminalPair();
    const channel = toClose(virtioPort([NAME], log, { roots }));
    channel.open(new Recorder());
    assert.equal(channel.state, 'missing');
    addNode(pair, 'vport0p1');
    addName('vport0p1', NAME);
    await until(() => channel.state === 'connected');
    assert.deepEqual(states(), ['missing', 'waiting', 'connected']);
  });

  it('of several names is the first that is there', () => {
    const names = [NAME, 'former.0'];
    addName('vport0p1', 'former.0');
    assert.equal(locatePort(names, roots), path.join(roots.dev, 'vport0p1'));
    addName('vport0p2', NAME);
    assert.equal(locatePort(names, roots), path.join(roots.dev, 'vport0p2'));
  });

  it('is taken by its second name too, as soon as udev links it', async () => {
    using pair = new TerminalPair();
    mkdirSync(path.join(roots.dev, 'virtio-ports'));
    const channel = toClose(virtioPort([NAME, 'former.0'], log, { roots }));
    channel.open(new Recorder());
    assert.equal(channel.state, 'missing');
    symlinkSync(pair.path, path.join(roots.dev, 'virtio-ports', 'former.0'));
    await until(() => channel.state === 'connected');
    assert.equal(channel.description, `virtio:${NAME}`);
  });

  it("has a former name if it is oVirt's", () => {
    assert.deepEqual(namesOfPort('ovirt-guest-agent.0'), ['ovirt-guest-agent.0', 'com.redhat.rhevm.vdsm']);
    assert.deepEqual(namesOfPort('com.redhat.rhevm.vdsm'), ['com.redhat.rhevm.vdsm']);
    assert.deepEqual(namesOfPort('constructor'), ['constructor']);
  });

  it('that is missing is taken when udev links it, in a folder that udev makes', async () => {
    using pair = new TerminalPair();
    const link = path.join(roots.dev, 'virtio-ports', NAME);
    const channels = [virtioPort([NAME], log, { roots }), virtioDevice(link, log)];
    for (const channel of channels) toClose(channel).open(new Recorder());
    mkdirSync(path.dirname(link));
    await new Promise((resolve) => setTimeout(resolve, 20));
    symlinkSync(pair.path, link);
    for (const channel of channels) await until(() => channel.state === 'connected');
  });

  it('by its path is found under its former name too', async () => {
    using pair = new TerminalPair();
    const folder = path.join(roots.dev, 'ports');
    mkdirSync(folder);
    const channel = toClose(virtioDevice(path.join(folder, 'ovirt-guest-agent.0'), log));
    channel.open(new Recorder());
    assert.equal(channel.state, 'missing');
    symlinkSync(pair.path, path.join(folder, 'com.redhat.rhevm.vdsm'));
    await until(() => channel.state === 'connected');
  });
});

describe('a serial line', () => {
  it('whose other end is gone is missing, and taken again when it is back', async () => {
    const line = path.join(roots.dev, 'line');
    const first = new TerminalPair();
    symlinkSync(first.path, line);
    const user = new Recorder();
    const channel = toClose(serialLine(line, log));
    channel.open(user);
    assert.equal(channel.state, 'connected');
    rmSync(line);
    first[Symbol.dispose]();
    await until(() => channel.state === 'missing');
    using second = new TerminalPair();
    symlinkSync(second.path, line);
    await until(() => channel.state === 'connected');
    assert.deepEqual(user.seen, ['connected', 'disconnected', 'connected']);
  });
});

describe('a device', () => {
  it('held by another program is busy, said once, and taken when it is free', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    using pair = new TerminalPair();
    let attempts = 0;
    const device: Device = {
      host: 'always',
      folders: [],
      concerns: () => false,
      locate: () => pair.path,
      prepare: () => {
        if (++attempts < 4) throw Object.assign(new Error('held'), { code: 'EBUSY' });
      },
    };
    const channel = toClose(new DeviceChannel('test', device, log, noServiceManager));
    channel.open(new Recorder());
    assert.equal(channel.state, 'busy');
    for (const delay of [500, 1000]) {
      test.mock.timers.tick(delay - 1);
      const before = attempts;
      test.mock.timers.tick(1);
      assert.equal(attempts, before + 1);
    }
    test.mock.timers.tick(2000);
    assert.equal(channel.state, 'connected');
    assert.deepEqual(states(), ['busy', 'connected']);
    assert.equal(log.lines[0]?.level, 'warn');
  });
});

describe('the stream of a device', () => {
  /** A FIFO's reading end behaves as a port does: without a writer it reads as its end and is hung up. */
  function openFifo(events: string[], onData: (text: string) => void, isAtRest?: () => boolean) {
    const name = path.join(folder, 'fifo');
    execFileSync('mkfifo', [name]);
    const fd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    const note = (event: string) => {
      if (events.at(-1) !== event) events.push(event);
    };
    const user = {
      present: () => note('present'),
      data: (bytes: Uint8Array) => {
        events.push(Buffer.from(bytes).toString());
        onData(Buffer.from(bytes).toString());
      },
      drained: () => note('drained'),
      ended: (gone: boolean) => note(gone ? 'gone' : 'ended'),
      failed: (error: unknown) => note(`failed ${error}`),
    };
    const stream = toClose(
      new ByteStream(fd, user, { device: true, paused: false, highWater: 1024, ...(isAtRest && { isAtRest }) }),
    );
    return { stream, openHost: () => openSync(name, constants.O_WRONLY | constants.O_NONBLOCK) };
  }

  it('reports what a host left before it reports it gone, and sees the next without reopening', async () => {
    const events: string[] = [];
    const { openHost } = openFifo(events, () => {});
    for (const text of ['one', 'two']) {
      const host = openHost();
      writeAvailable(host, Buffer.from(text));
      await until(() => events.includes(text));
      writeAvailable(host, Buffer.from(`last of ${text}`));
      closeSync(host);
      await until(() => events.at(-1) === 'gone');
    }
    assert.deepEqual(
      events.filter((event) => event !== 'ended'),
      ['present', 'one', 'last of one', 'gone', 'present', 'two', 'last of two', 'gone'],
    );
  });

  it('keeps from the next host what the last one left unread', async () => {
    const events: string[] = [];
    const { stream, openHost } = openFifo(events, () => stream.pause());
    const first = openHost();
    writeAvailable(first, Buffer.from('read'));
    await until(() => events.includes('read'));
    writeAvailable(first, Buffer.from('unread'));
    closeSync(first);
    await until(() => events.at(-1) === 'gone');
    const second = openHost();
    writeAvailable(second, Buffer.from('new'));
    stream.resume();
    await until(() => events.includes('new'));
    assert.ok(!events.includes('unread'));
    closeSync(second);
  });

  it("takes the bytes that come ahead of the news of their host for that host's, and does not call it gone", async () => {
    const events: string[] = [];
    const { openHost } = openFifo(events, () => {});
    const early = openHost();
    writeAvailable(early, Buffer.from('early'));
    closeSync(early); // readable and hung up, as a port is whose host the kernel does not know of yet
    await until(() => events.includes('early'));
    const news = openHost();
    writeAvailable(news, Buffer.from('more'));
    await until(() => events.includes('more'));
    closeSync(news);
    await until(() => events.at(-1) === 'gone');
    assert.deepEqual(events, ['present', 'early', 'present', 'more', 'gone']);
  });

  for (const [isAtRest, meaning, expected] of [
    [true, 'the next host, if the last left nothing half said', ['one', 'gone', 'present', 'two', 'present', 'more']],
    [false, 'the last host, if that was in the middle of something', ['one', 'two', 'gone', 'present', 'more']],
  ] as const) {
    it(`takes what comes after the line was hung up for ${meaning}`, async () => {
      const events: string[] = [];
      const { openHost } = openFifo(
        events,
        () => {},
        () => isAtRest,
      );
      const first = openHost();
      writeAvailable(first, Buffer.from('one'));
      await until(() => events.includes('one'));
      writeAvailable(first, Buffer.from('two'));
      closeSync(first); // as if the first had gone and another come, of whom the kernel does not know yet
      await until(() => events.includes('two') && (isAtRest || events.at(-1) === 'gone'));
      const news = openHost();
      writeAvailable(news, Buffer.from('more'));
      await until(() => events.includes('more'));
      closeSync(news);
      await until(() => events.at(-1) === 'gone');
      assert.deepEqual(
        events.filter((event) => event !== 'ended'),
        ['present', ...expected, 'gone'],
      );
    });
  }

  it('calls a host gone of which there were bytes and never any news', async () => {
    const events: string[] = [];
    const { openHost } = openFifo(events, () => {});
    const host = openHost();
    writeAvailable(host, Buffer.from('all of it'));
    closeSync(host);
    await until(() => events.at(-1) === 'gone');
    assert.deepEqual(events, ['present', 'all of it', 'gone']);
  });
});
