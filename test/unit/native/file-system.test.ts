import assert from 'node:assert/strict';
import { statfsSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileSystemAt, spaceAtOnce, spaceOf } from '#shared/native/file-system.ts';

const path = Buffer.from(process.cwd());
const device = statSync(process.cwd()).dev;
const [major, minor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)];

describe('space of a file system', () => {
  it('is what statfs(2) tells', async () => {
    const { unit, blocks } = await spaceOf(path);
    const { bsize, blocks: expected } = statfsSync(process.cwd(), { bigint: true });
    assert.equal(blocks * unit, expected * bsize);
  });

  it('is the same without a thread, where the kernel can', async () => {
    const now = spaceAtOnce(path, major, minor);
    if (now === undefined) return; // a kernel before 5.12
    const { unit, blocks } = await spaceOf(path);
    assert.deepEqual([now.unit, now.blocks], [unit, blocks]);
  });

  it('is not told at once for another device, or a way that must be looked up', () => {
    assert.equal(spaceAtOnce(path, major, minor + 1), undefined);
    assert.equal(spaceAtOnce(Buffer.from('/nowhere/at/all'), major, minor), undefined);
  });
});

describe('the name of a file system', () => {
  it('is the same for what is on it, also for what is not there', () => {
    const here = fileSystemAt(process.cwd());
    assert.match(here, /^\d+:\d+$/);
    assert.equal(fileSystemAt('package.json'), here);
    assert.equal(fileSystemAt(`${process.cwd()}/no/such/thing`), here);
    assert.notEqual(fileSystemAt('/proc/self/stat'), here);
  });

  it('of a path that nobody can open is the path', () => {
    const long = '/a'.repeat(1 << 20);
    assert.equal(fileSystemAt(long), long);
  });
});
