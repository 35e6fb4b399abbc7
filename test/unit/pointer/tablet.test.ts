import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { PointerButton } from '#protocol/ipc/messages/pointer.ts';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import type { InputEvent } from '#system-agent/pointer/input-event.ts';
import { linuxPointer } from '#system-agent/pointer/linux.ts';
import type { PointerSystem } from '#system-agent/pointer/pointer.ts';
import { refusingPointer } from '#system-agent/pointer/refusing.ts';
import { formatUinputSpec, parseUinputSpec } from '#system-agent/pointer/spec.ts';
import { Tablet } from '#system-agent/pointer/tablet.ts';
import { noServiceManager } from '#system-agent/service-manager/service-manager.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const NAMES: Readonly<Record<string, string>> = {
  '0,0': 'SYN',
  '1,272': 'left',
  '1,273': 'right',
  '1,274': 'middle',
  '1,275': 'side',
  '1,276': 'extra',
  '2,8': 'wheel',
  '2,11': 'fine',
  '3,0': 'x',
  '3,1': 'y',
};
const word = ({ type, code, value }: InputEvent) => {
  const name = NAMES[`${type},${code}`] ?? `${type},${code}`;
  return name === 'SYN' ? name : `${name}=${value}`;
};

/** A tablet whose device is a list of words. */
async function open() {
  const told: string[] = [];
  const size = { width: 1001, height: 101 };
  const device = { isBroken: false, isClosed: false, isSlow: false };
  const system: PointerSystem = {
    create: () => ({
      write(events) {
        if (device.isBroken) throw new Error('ENODEV: write');
        if (!device.isSlow) told.push(events.map(word).join(' '));
        return !device.isSlow;
      },
      close() {
        device.isClosed = true;
      },
    }),
    layout: () => ({ ...size, displays: [{ id: 0, x: 0, y: 0, ...size }] }),
  };
  const log = new MemoryLog();
  const tablet = new Tablet({ kind: 'auto' }, system, log);
  await tablet.start();
  const put = (x: number, y: number, ...pressed: PointerButton[]) =>
    tablet.put({ display: 0, x, y, pressed: new Set(pressed) });
  return { tablet, size, device, log, put, take: () => told.splice(0) };
}

describe('tablet', () => {
  it('tells what changed: place, buttons, wheel, and always the end mark', async () => {
    const { put, take } = await open();
    put(0, 0);
    put(0, 0);
    put(1000, 0, 'left', 'extra');
    put(1000, 100, 'extra', 'right', 'middle', 'side');
    assert.deepEqual(take(), [
      'x=0 y=0 SYN',
      'SYN',
      'x=32767 left=1 extra=1 SYN',
      'y=32767 left=0 middle=1 right=1 side=1 SYN',
    ]);
  });

  it('turns the wheel when its button goes down and not when it comes up', async () => {
    const { put, take } = await open();
    put(0, 0);
    put(0, 0, 'wheel-up');
    put(0, 0);
    put(0, 0, 'wheel-down');
    put(0, 0, 'wheel-down');
    assert.deepEqual(take().slice(1), ['wheel=1 fine=120 SYN', 'SYN', 'wheel=-1 fine=-120 SYN', 'SYN']);
  });

  it('ignores buttons, too, on a display that is unknown', async () => {
    const { tablet, take } = await open();
    tablet.put({ display: 7, x: 0, y: 0, pressed: new Set(['left']) });
    tablet.release();
    assert.deepEqual(take(), []);
  });

  it('lets go of what is held when the host goes, and at its own end', async () => {
    const { tablet, device, put, take } = await open();
    put(0, 0, 'left');
    tablet.release();
    tablet.release();
    put(0, 0, 'right');
    await tablet.stop();
    assert.deepEqual(take().slice(1), ['left=0 SYN', 'right=1 SYN', 'right=0 SYN']);
    assert.equal(device.isClosed, true);
  });

  it('follows the layout of the session, but not one without displays', async () => {
    const { tablet, put, take } = await open();
    tablet.arrange({ width: 2001, height: 101, displays: [{ id: 0, x: 1000, y: 0, width: 1001, height: 101 }] });
    tablet.arrange({ width: 0, height: 0, displays: [{ id: 0, x: 0, y: 0, width: 0, height: 0 }] });
    put(0, 0);
    assert.deepEqual(take(), ['x=16384 y=0 SYN']);
  });

  it('keeps presses for a device that is slow, and of moves the last', async () => {
    const { device, put, take } = await open();
    put(0, 0);
    device.isSlow = true;
    for (let x = 1; x <= 500; x++) put(2 * x, 0);
    put(1000, 100, 'left');
    for (let x = 1; x <= 500; x++) put(2 * x, 100, 'left');
    put(1000, 100);
    put(1000, 100, 'left');
    put(0, 100);
    device.isSlow = false;
    const told: string[] = take();
    await until(() => {
      told.push(...take());
      return told.length >= 7;
    });
    assert.deepEqual(told, [
      'x=0 y=0 SYN',
      'x=32767 SYN',
      'y=32767 left=1 SYN',
      'SYN',
      'left=0 SYN',
      'left=1 SYN',
      'x=0 left=0 SYN',
    ]);
  });

  it('gives a device up that fails, with one line', async () => {
    const { tablet, device, log, put } = await open();
    device.isBroken = true;
    put(1, 1);
    put(2, 2);
    assert.equal(tablet.isAvailable, false);
    assert.equal(log.lines.length, 1);
  });

  it('is not available where the system refuses, which is no failure', async () => {
    const log = new MemoryLog();
    const tablet = new Tablet({ kind: 'auto' }, refusingPointer, log);
    await tablet.start();
    assert.equal(tablet.isAvailable, false);
    assert.match(String(log.lines[0]?.fields.reason), /switched off/);
    tablet.put({ display: 0, x: 1, y: 1, pressed: new Set() });
    await tablet.stop();
  });

  it('is not available when it is off', async () => {
    const tablet = new Tablet({ kind: 'off' }, refusingPointer, new MemoryLog());
    await tablet.start();
    assert.equal(tablet.isAvailable, false);
  });
});

describe('displays of the tablet', () => {
  const half = { width: 501, height: 101, displays: [{ id: 0, x: 0, y: 0, width: 501, height: 101 }] };

  it('are those of the system when another session has the screen, until its agent says which they are', async () => {
    const { tablet, put, take, size } = await open();
    tablet.shownBy('alice');
    tablet.arrange(half);
    put(500, 0);
    size.width = 2001;
    tablet.shownBy('greeter');
    put(500, 0);
    put(2000, 0);
    tablet.arrange(half);
    put(250, 0);
    assert.deepEqual(take(), ['x=32767 y=0 SYN', 'x=8192 SYN', 'x=32767 SYN', 'x=16384 SYN']);
  });

  it('stay as they are while the session has no agent for a while, and while nobody has the screen', async () => {
    const { tablet, put, take } = await open();
    tablet.shownBy('alice');
    tablet.arrange(half);
    tablet.shownBy(undefined);
    tablet.shownBy('alice');
    put(500, 0);
    assert.deepEqual(take(), ['x=32767 y=0 SYN']);
  });
});

describe('fake pointer device', () => {
  const press = { display: 0, x: 0, y: 0, pressed: new Set<PointerButton>(['left']) };
  const MOVE_AND_PRESS = [
    `${'00'.repeat(16)}0300000000000000`,
    `${'00'.repeat(16)}0300010000000000`,
    `${'00'.repeat(16)}0100100101000000`,
    `${'00'.repeat(16)}0000000000000000`,
  ].join('');

  it('appends records of 24 bytes to a file that is there', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'events');
    writeFileSync(file, 'before');
    const tablet = new Tablet({ kind: 'fake', path: file }, refusingPointer, new MemoryLog());
    await tablet.start();
    assert.equal(tablet.isAvailable, true);
    tablet.put(press);
    assert.equal(readFileSync(file).toString('hex'), Buffer.from('before').toString('hex') + MOVE_AND_PRESS);
    await tablet.stop();
  });

  it('drops frames while nobody reads its FIFO, and serves one reader after the other', async () => {
    using folder = temporaryFolder();
    const fifo = path.join(folder.path, 'events');
    execFileSync('mkfifo', [fifo]);
    const log = new MemoryLog();
    const tablet = new Tablet({ kind: 'fake', path: fifo }, refusingPointer, log);
    await tablet.start();
    tablet.put({ ...press, x: 9, y: 9, pressed: new Set() });
    for (let round = 0; round < 2; round++) {
      const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      tablet.put(press);
      const bytes = Buffer.alloc(1000);
      const count = readSync(fd, bytes);
      closeSync(fd);
      assert.equal(count % 24, 0);
      assert.ok(count > 0);
      tablet.put({ ...press, pressed: new Set() }); // finds that the reader has gone
    }
    await tablet.stop();
    assert.deepEqual(log.lines, []);
  });

  it('says once that its file is not there, and makes none', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'none');
    const log = new MemoryLog();
    const tablet = new Tablet({ kind: 'fake', path: file }, refusingPointer, log);
    await tablet.start();
    tablet.put(press);
    tablet.put(press);
    assert.equal(log.lines.length, 1);
    assert.throws(() => readFileSync(file), { code: 'ENOENT' });
  });
});

describe('uinput setting', () => {
  it('is auto, off or a file', () => {
    for (const text of ['auto', 'off', 'fake:/tmp/x:y']) assert.equal(formatUinputSpec(parseUinputSpec(text)), text);
  });

  for (const text of ['', 'on', 'fake', 'fake:', 'fake:a\0b', 'AUTO']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseUinputSpec(text),
        (error) => error instanceof AgentError && error.code === 'invalid-argument',
      );
    });
  }
});

describe('layout before any session', () => {
  it("is the connected outputs' preferred modes side by side, in the order of their numbers", () => {
    using folder = temporaryFolder();
    const connector = (name: string, status: string, modes: string) => {
      mkdirSync(path.join(folder.path, name));
      writeFileSync(path.join(folder.path, name, 'status'), `${status}\n`);
      writeFileSync(path.join(folder.path, name, 'modes'), modes);
    };
    connector('card0-Virtual-10', 'connected', '800x600\n');
    connector('card0-Virtual-2', 'connected', '1280x1024i\n640x480\n');
    connector('card0-Virtual-1', 'disconnected', '1024x768\n');
    connector('card0-Virtual-3', 'connected', '');
    mkdirSync(path.join(folder.path, 'card0'));
    mkdirSync(path.join(folder.path, 'card1-empty'));
    writeFileSync(path.join(folder.path, 'version'), 'drm 1.1.0 20060810\n');
    assert.deepEqual(linuxPointer(noServiceManager, folder.path).layout(), {
      width: 2080,
      height: 1024,
      displays: [
        { id: 0, x: 0, y: 0, width: 1280, height: 1024 },
        { id: 1, x: 1280, y: 0, width: 800, height: 600 },
      ],
    });
  });

  it('is unknown on a system without displays', () => {
    assert.equal(linuxPointer(noServiceManager, '/nonexistent').layout(), undefined);
  });
});
