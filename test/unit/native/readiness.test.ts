import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import { watchFolder } from '#shared/native/folder.ts';
import { type Readiness, watchReadiness } from '#shared/native/readiness.ts';
import { makeRaw } from '#shared/native/terminal.ts';
import { acceptUnix, connectUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { TerminalPair } from '#test/support/terminal-pair.ts';
import { until } from '#test/support/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'uga-native-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function socketPair(): { ours: number; theirs: number } {
  const name = path.join(folder, 'socket');
  const listener = listenUnix(name, 1);
  const ours = connectUnix(name);
  const theirs = acceptUnix(listener);
  closeSync(listener);
  rmSync(name);
  assert.ok(theirs !== undefined);
  return { ours, theirs };
}

describe('readiness', () => {
  it('is reported once for each change, not for as long as it lasts', async () => {
    const { ours, theirs } = socketPair();
    const reports: Readiness[] = [];
    const watch = watchReadiness(ours, (readiness) => reports.push(readiness));
    await until(() => reports.length === 1);
    assert.deepEqual(reports[0], { readable: false, writable: true, hangup: false, error: false });

    writeAvailable(theirs, Buffer.from('x'));
    await until(() => reports.length === 2);
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(reports.length, 2, 'still readable, and nothing new');
    assert.equal(reports[1]?.readable, true);

    closeSync(theirs);
    await until(() => reports.length === 3);
    assert.equal(reports[2]?.hangup, true);
    watch.close();
    closeSync(ours);
  });

  it('comes back when a full pipe is read', async () => {
    const { ours, theirs } = socketPair();
    const block = Buffer.alloc(65536);
    while (writeAvailable(ours, block) > 0);
    let writable = 0;
    const watch = watchReadiness(ours, (readiness) => {
      if (readiness.writable) writable++;
    });
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(writable, 0);
    while (readAvailable(theirs, block) !== undefined);
    await until(() => writable > 0);
    watch.close();
    closeSync(ours);
    closeSync(theirs);
  });

  it('to write is reported only while that is wanted', async () => {
    const { ours, theirs } = socketPair();
    const reports: Readiness[] = [];
    const watch = watchReadiness(ours, (readiness) => reports.push(readiness), { writable: false });
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(reports.length, 0);
    watch.reportWritable(true);
    await until(() => reports.length === 1);
    assert.equal(reports[0]?.writable, true);
    watch.reportWritable(false);
    writeAvailable(theirs, Buffer.from('x'));
    await until(() => reports.length === 2);
    assert.deepEqual(reports[1], { readable: true, writable: false, hangup: false, error: false });
    watch.close();
    closeSync(ours);
    closeSync(theirs);
  });

  it('is not reported after close, also when close is called in a report', async () => {
    const { ours, theirs } = socketPair();
    let reports = 0;
    const watch = watchReadiness(ours, () => {
      reports++;
      watch.close();
    });
    await until(() => reports === 1);
    writeAvailable(theirs, Buffer.from('x'));
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(reports, 1);
    watch.close();
    closeSync(ours);
    closeSync(theirs);
  });

  it('survives garbage collection of everything the caller dropped', async () => {
    const { ours, theirs } = socketPair();
    let reports = 0;
    (() => {
      const watch = watchReadiness(ours, () => {
        if (++reports === 2) watch.close();
      });
    })();
    await until(() => reports === 1);
    for (let i = 0; i < 200; i++) Buffer.alloc(1 << 20);
    globalThis.gc?.();
    writeAvailable(theirs, Buffer.from('x'));
    await until(() => reports === 2);
    closeSync(ours);
    closeSync(theirs);
  });

  it('promises and ticks of a report run before the next report', async () => {
    const { ours, theirs } = socketPair();
    const order: string[] = [];
    const watch = watchReadiness(ours, () => {
      order.push('report');
      void Promise.resolve().then(() => order.push('promise'));
      process.nextTick(() => order.push('tick'));
    });
    await until(() => order.length === 3);
    writeAvailable(theirs, Buffer.from('x'));
    await until(() => order.length === 6);
    assert.equal(order[3], 'report');
    watch.close();
    closeSync(ours);
    closeSync(theirs);
  });

  it('of a regular file does not exist', () => {
    const name = path.join(folder, 'file');
    writeFileSync(name, '');
    const fd = openSync(name, 'r');
    assert.throws(() => watchReadiness(fd, () => {}), { code: 'EPERM', syscall: 'epoll_ctl' });
    closeSync(fd);
  });
});

describe('reading and writing what is available', () => {
  it('tells nothing now, the end and a broken pipe apart', () => {
    const { ours, theirs } = socketPair();
    const into = Buffer.alloc(10);
    assert.equal(readAvailable(ours, into), undefined);
    assert.equal(writeAvailable(theirs, Buffer.from('--abc').subarray(2)), 3);
    assert.equal(readAvailable(ours, into.subarray(1)), 3);
    assert.equal(into.toString('latin1', 0, 5), '\0abc\0');
    closeSync(theirs);
    assert.equal(readAvailable(ours, into), 0);
    assert.throws(() => writeAvailable(ours, into), { code: 'EPIPE', syscall: 'write' });
    closeSync(ours);
  });
});

describe('unix sockets', () => {
  it('fail with the reason', () => {
    const name = path.join(folder, 's');
    assert.throws(() => connectUnix(name), { code: 'ENOENT', syscall: 'connect' });
    assert.throws(() => listenUnix(path.join(folder, 'no', 's'), 1), { code: 'ENOENT', syscall: 'bind' });
    assert.throws(() => connectUnix('x'.repeat(108)), RangeError);
    const listener = listenUnix(name, 1);
    assert.throws(() => listenUnix(name, 1), { code: 'EADDRINUSE' });
    assert.equal(acceptUnix(listener), undefined);
    closeSync(listener);
    assert.throws(() => connectUnix(name), { code: 'ECONNREFUSED' });
  });
});

describe('a raw terminal', () => {
  it('passes every byte both ways as it is', async () => {
    using pair = new TerminalPair();
    const line = openSync(pair.path, 'r+');
    makeRaw(line);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const into = Buffer.alloc(512);
    for (const [from, to] of [
      [pair.host, line],
      [line, pair.host],
    ] as const) {
      assert.equal(writeAvailable(from, bytes), 256);
      let size = 0;
      await until(() => {
        size += readAvailable(to, into.subarray(size)) ?? 0;
        return size >= 256;
      });
      assert.deepEqual(into.subarray(0, size), bytes);
    }
    closeSync(line);
  });

  it('is refused for what is no terminal', () => {
    const fd = openSync('/dev/null', 'r');
    assert.throws(() => makeRaw(fd), { code: 'ENOTTY', syscall: 'tcgetattr' });
    closeSync(fd);
  });
});

describe('a watched folder', () => {
  it('reports names that appear, and not what is written to them', async () => {
    const names: string[] = [];
    const watch = watchFolder(folder, (name) => names.push(name));
    writeFileSync(path.join(folder, 'one'), 'text');
    symlinkSync('one', path.join(folder, 'two-é'));
    await until(() => names.length === 2);
    assert.deepEqual(names, ['one', 'two-é']);
    watch.close();
    writeFileSync(path.join(folder, 'three'), '');
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(names.length, 2);
  });

  it('reports names that go to those who want it', async () => {
    writeFileSync(path.join(folder, 'one'), '');
    const names: string[] = [];
    const watch = watchFolder(folder, (name) => names.push(name), 'gone');
    rmSync(path.join(folder, 'one'));
    await until(() => names.length === 1);
    assert.deepEqual(names, ['one']);
    watch.close();
  });

  it('must exist', () => {
    assert.throws(() => watchFolder(path.join(folder, 'no'), () => {}), { code: 'ENOENT' });
  });
});
