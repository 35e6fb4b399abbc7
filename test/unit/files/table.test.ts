import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { MemoryLog } from '#shared/log/memory.ts';
import type { Descriptor } from '#system-agent/files/descriptor.ts';
import { parseFileMode } from '#system-agent/files/mode.ts';
import { FileTable } from '#system-agent/files/table.ts';

const LIMIT_MS = 1_000;
const HOUR_MS = 3_600_000;
const READ = parseFileMode('r') ?? assert.fail();
const NO_ANSWER = /the file system does not answer/;

/** Files below /hung do not answer until they are let go; each first folder is a file system. */
class Disks {
  readonly log = new MemoryLog();
  readonly table: FileTable;
  isHung = false;
  openNow = 0;
  #waiting: (() => void)[] = [];
  #next = 1n;

  constructor() {
    const opener = {
      open: async (path: string) => {
        await this.#reach(path);
        return this.#descriptor(path);
      },
      fileSystemAt: (path: string) => path.split('/')[1] ?? '',
    };
    const limits = { operationMs: LIMIT_MS, maxHanging: 2, idleMs: HOUR_MS };
    this.table = new FileTable(opener, async () => this.#next++, this.log, limits);
  }

  async letGo(): Promise<void> {
    this.isHung = false;
    for (const proceed of this.#waiting.splice(0)) proceed();
    await turn();
  }

  async #reach(path: string): Promise<void> {
    if (this.isHung && path.startsWith('/hung')) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #descriptor(path: string): Descriptor {
    this.openNow++;
    return {
      blockSize: 8192,
      isTerminal: false,
      read: async () => {
        await this.#reach(path);
        return 0;
      },
      write: async (bytes) => bytes.length,
      seek: async () => 0n,
      close: async () => {
        await this.#reach(path);
        this.openNow--;
      },
    };
  }
}

function disks(t: TestContext): Disks {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return new Disks();
}

/** What comes of it when its time is over. */
async function inTime<T>(t: TestContext, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  await turn();
  t.mock.timers.tick(LIMIT_MS);
  return work;
}

describe('files of a file system that does not answer', () => {
  it('are an error in time, at once while it hangs, and as always when it answers again', async (t) => {
    const lab = disks(t);
    const handle = await lab.table.open('/hung/a', READ);
    const other = await lab.table.open('/hung/b', READ);
    lab.isHung = true;
    await assert.rejects(inTime(t, lab.table.read(handle, 1)), NO_ANSWER);
    await assert.rejects(lab.table.read(handle, 1), /waits for an earlier operation to end/);
    await assert.rejects(lab.table.read(other, 1), NO_ANSWER);
    await assert.rejects(lab.table.open('/hung/c', READ), NO_ANSWER);
    await lab.letGo();
    assert.equal((await lab.table.read(handle, 1)).eof, true);
  });

  it('hold up no other file system', async (t) => {
    const lab = disks(t);
    const elsewhere = await lab.table.open('/good/a', READ);
    const handle = await lab.table.open('/hung/a', READ);
    lab.isHung = true;
    await assert.rejects(inTime(t, lab.table.read(handle, 1)), NO_ANSWER);
    assert.equal((await lab.table.read(elsewhere, 1)).eof, true);
    await lab.table.close(elsewhere);
  });

  it('take few threads, however many file systems hang', async (t) => {
    const lab = disks(t);
    lab.isHung = true;
    for (const name of ['/hung1/a', '/hung2/a']) await assert.rejects(inTime(t, lab.table.open(name, READ)), NO_ANSWER);
    await assert.rejects(lab.table.open('/hung3/a', READ), NO_ANSWER);
  });

  it('that are open at last, when nobody waits any more, are closed', async (t) => {
    const lab = disks(t);
    lab.isHung = true;
    await assert.rejects(inTime(t, lab.table.open('/hung/a', READ)), NO_ANSWER);
    await lab.letGo();
    await turn();
    assert.equal(lab.openNow, 0);
    assert.throws(() => lab.table.check(1n), /has not been found/);
  });

  it('can be closed later, if they cannot be now', async (t) => {
    const lab = disks(t);
    const handle = await lab.table.open('/hung/a', READ);
    const other = await lab.table.open('/hung/b', READ);
    lab.isHung = true;
    await assert.rejects(inTime(t, lab.table.read(handle, 1)), NO_ANSWER);
    await assert.rejects(lab.table.close(other), NO_ANSWER);
    await lab.letGo();
    await lab.table.close(other);
    await lab.table.close(handle);
    assert.equal(lab.openNow, 0);
  });
});
