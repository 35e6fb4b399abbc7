import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import { takeServiceEnvironment } from '#system-agent/service-manager/inherited.ts';
import { Presence } from '#system-agent/service-manager/presence.ts';
import { noServiceManager } from '#system-agent/service-manager/service-manager.ts';
import { Systemd, serviceManagerOf } from '#system-agent/service-manager/systemd.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { copyOf, NotifySocket, sameFile } from '#test/support/notify-socket.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const PID = 4711;

describe("systemd's variables", () => {
  it('are read, and gone for the programs that we start', () => {
    const environment: NodeJS.ProcessEnv = {
      HOME: '/',
      NOTIFY_SOCKET: '/run/systemd/notify',
      WATCHDOG_USEC: '300000000',
      WATCHDOG_PID: `${PID}`,
      LISTEN_PID: `${PID}`,
      LISTEN_FDS: '2',
      LISTEN_FDNAMES: 'virtio=a:link=b',
    };
    assert.deepEqual(takeServiceEnvironment(environment, PID), {
      notifySocket: '/run/systemd/notify',
      watchdogMs: 300_000,
      inherited: [
        { fd: 3, name: 'virtio=a' },
        { fd: 4, name: 'link=b' },
      ],
    });
    assert.deepEqual(environment, { HOME: '/' });
  });

  it('that are meant for another process do not count, and are gone too', () => {
    const other = `${PID + 1}`;
    const environment = { WATCHDOG_USEC: '1000', WATCHDOG_PID: other, LISTEN_PID: other, LISTEN_FDS: '1' };
    const nothing = { notifySocket: undefined, watchdogMs: undefined, inherited: [] };
    assert.deepEqual(takeServiceEnvironment(environment, PID), nothing);
    assert.deepEqual(environment, {});
    assert.deepEqual(takeServiceEnvironment({ LISTEN_FDS: '3' }, PID), nothing);
  });

  it('that are no numbers or no socket do not count', () => {
    for (const text of ['', '-1', '0', '1e3', '99999999999999999999', 'x']) {
      assert.equal(takeServiceEnvironment({ WATCHDOG_USEC: text }, PID).watchdogMs, undefined, text);
    }
    for (const text of ['-1', '1.5', 'x', '4000000000']) {
      assert.deepEqual(takeServiceEnvironment({ LISTEN_PID: `${PID}`, LISTEN_FDS: text }, PID).inherited, [], text);
    }
    for (const text of ['', '@', 'relative', 'vsock:2:1']) {
      assert.equal(takeServiceEnvironment({ NOTIFY_SOCKET: text }, PID).notifySocket, undefined, text);
    }
    assert.equal(takeServiceEnvironment({ NOTIFY_SOCKET: '@name' }, PID).notifySocket, '\0name');
  });

  it('cannot name more descriptors than we would ever keep', () => {
    const { inherited } = takeServiceEnvironment({ LISTEN_PID: `${PID}`, LISTEN_FDS: '999' }, PID);
    assert.equal(inherited.length, 64);
    assert.equal(inherited[0]?.name, 'unknown');
  });
});

describe('systemd', () => {
  const start = (notifySocket: string, inherited: readonly { fd: number; name: string }[] = []) =>
    new Systemd({ notifySocket, watchdogMs: undefined, inherited }, new MemoryLog());

  for (const kind of ['a file', 'an abstract name']) {
    it(`hears what is said, by ${kind}`, () => {
      using folder = temporaryFolder();
      const file = path.join(folder.path, 'notify');
      const name = kind === 'a file' ? file : `\0${file}`;
      using socket = new NotifySocket(name);
      const systemd = start(name);
      systemd.ready();
      systemd.status('qga connected');
      systemd.status('qga connected');
      systemd.status('two\nlines');
      systemd.alive();
      systemd.stopping();
      assert.deepEqual(socket.texts, [
        'READY=1',
        'STATUS=qga connected',
        'STATUS=two lines',
        'WATCHDOG=1',
        'STOPPING=1',
      ]);
    });
  }

  it('is given a copy of what it keeps, which is no less open when ours is closed', () => {
    using folder = temporaryFolder();
    const name = path.join(folder.path, 'notify');
    using socket = new NotifySocket(name);
    const systemd = start(name);
    const fd = openSync('/dev/null', 'r');
    const other = copyOf(fd);
    assert.equal(systemd.keep('virtio:org.example.0', fd), true);
    closeSync(fd);
    systemd.forget('virtio:org.example.0');
    socket.read();
    const [, kept, forgotten] = socket.received;
    assert.equal(kept?.text, 'FDSTORE=1\nFDNAME=virtio=org.example.0\nFDPOLL=0');
    assert.ok(kept?.fd !== undefined && sameFile(kept.fd, other));
    assert.deepEqual(forgotten, { text: 'FDSTOREREMOVE=1\nFDNAME=virtio=org.example.0', fd: undefined });
    closeSync(other);
  });

  it('is not given what it could not name', () => {
    using folder = temporaryFolder();
    const name = path.join(folder.path, 'notify');
    using socket = new NotifySocket(name);
    const systemd = start(name);
    for (const odd of ['link:/a:b', 'link:/a\nREADY=1', `link:/${'x'.repeat(300)}`, 'link:/ü']) {
      assert.equal(systemd.keep(odd, 0), false, odd);
    }
    assert.deepEqual(socket.texts, []);
  });

  it('hands down what a former run has kept, once, and closes the rest', () => {
    using folder = temporaryFolder();
    const name = path.join(folder.path, 'notify');
    using socket = new NotifySocket(name);
    const [a, b, twice] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r'), openSync('/dev/null', 'r')];
    const systemd = start(name, [
      { fd: a, name: 'virtio=a' },
      { fd: b, name: 'virtio=b' },
      { fd: twice, name: 'virtio=a' },
      { fd: 999_999, name: 'virtio=gone' },
    ]);
    assert.equal(systemd.take('virtio:gone'), undefined);
    assert.equal(systemd.take('virtio:a'), a);
    assert.equal(systemd.take('virtio:a'), undefined);
    systemd.forgetRest();
    assert.deepEqual(socket.texts, ['FDSTOREREMOVE=1\nFDNAME=virtio=b']);
    assert.throws(() => closeSync(b), { code: 'EBADF' });
    assert.throws(() => closeSync(twice), { code: 'EBADF' });
    closeSync(a);
  });

  it('that is not there, or does not hear, is one line in the log and nothing else', () => {
    assert.equal(serviceManagerOf({}, new MemoryLog()), noServiceManager);
    const log = new MemoryLog();
    const systemd = new Systemd({ notifySocket: '/nonexistent/notify', watchdogMs: undefined, inherited: [] }, log);
    systemd.ready();
    assert.equal(systemd.keep('virtio:a', 0), false);
    assert.equal(log.lines.length, 1);
  });
});

describe('our presence', () => {
  it('is told when all is started, then at half the interval of the watchdog, until the stop', async (test) => {
    test.mock.timers.enable({ apis: ['setInterval'] });
    const said: string[] = [];
    const manager = {
      watchdogMs: 300_000,
      ready: () => said.push('ready'),
      stopping: () => said.push('stopping'),
      needTime: (seconds: number) => said.push(`${seconds} s`),
      status: (text: string) => said.push(text),
      alive: () => said.push('alive'),
      forgetRest: () => said.push('forget the rest'),
    };
    const presence = new Presence(manager, { qga: new FakeChannel(), ovirt: undefined });
    await presence.start();
    assert.deepEqual(said.splice(0), ['forget the rest', 'qga closed', 'ready']);
    test.mock.timers.tick(149_999);
    assert.deepEqual(said, []);
    test.mock.timers.tick(150_001);
    assert.deepEqual(said.splice(0), ['alive', 'alive']);
    await presence.stop();
    test.mock.timers.tick(600_000);
    assert.deepEqual(said, ['stopping']);
  });
});
