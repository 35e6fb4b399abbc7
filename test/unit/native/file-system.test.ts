import assert from 'node:assert/strict';
import { statfsSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { spaceAtOnce, spaceOf } from '#shared/native/file-system.ts';

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
