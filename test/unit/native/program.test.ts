import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { makePipe } from '#shared/native/pipe.ts';
import { type ProgramStart, startProgram } from '#shared/native/program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'uga-program-'));
after(() => rmSync(folder, { recursive: true }));

const sh = (text: string, more: Partial<ProgramStart> = {}) =>
  startProgram({
    file: '/bin/sh',
    argv: ['sh', '-c', text],
    environment: ['PATH=/usr/bin:/bin', `OUT=${path.join(folder, 'out')}`],
    stdio: ['ignore', 'ignore', 'ignore'],
    umask: 0o022,
    ...more,
  });
const written = () => readFileSync(path.join(folder, 'out'), 'utf8');
/** Real-time signals by number: shells have no common name for them. */
const SIGNALS = [15, 9, 34, 64];

describe('programs', () => {
  it('end with their exit code', async () => {
    assert.deepEqual(await sh('exit 7').ended, { exitCode: 7 });
    assert.deepEqual(await sh('exit 255').ended, { exitCode: 255 });
  });

  for (const signal of SIGNALS) {
    it(`end by signal ${signal}`, async () => {
      assert.deepEqual(await sh(`kill -${signal} $$`).ended, { signal });
    });
  }

  it('have the words, the environment and the umask that they are given, and ours stays', async () => {
    const ours = process.umask();
    const words = `for word; do echo "[$word]"; done >"$OUT"; umask >>"$OUT"; echo "$A" >>"$OUT"`;
    const argv = ['sh', '-c', words, 'x', 'a b', '', 'é😀'] as const;
    const environment = [`OUT=${path.join(folder, 'out')}`, 'A=1'];
    assert.deepEqual(await sh('', { argv, environment, umask: 0o027 }).ended, { exitCode: 0 });
    assert.equal(written(), '[a b]\n[]\n[é😀]\n0027\n1\n');
    assert.equal(process.umask(), ours);
  });

  it('have no signal blocked or ignored', async () => {
    assert.deepEqual(await sh('grep -E "^Sig(Blk|Ign)" /proc/self/status >"$OUT"').ended, { exitCode: 0 });
    assert.match(written(), /^SigBlk:\t0+\nSigIgn:\t0+\n$/);
  });

  it('write to our pipe', async () => {
    const { readEnd, writeEnd } = makePipe('writeEnd');
    const child = sh('echo out; echo err >&2', { stdio: ['ignore', writeEnd, writeEnd] });
    closeSync(writeEnd);
    assert.deepEqual(await child.ended, { exitCode: 0 });
    assert.equal(readFileSync(readEnd, 'utf8'), 'out\nerr\n');
    closeSync(readEnd);
  });

  it('are read by sh when they are text without an interpreter', async () => {
    const file = path.join(folder, 'text');
    writeFileSync(file, 'echo "$1" >"$OUT"\n', { mode: 0o755 });
    assert.deepEqual(await sh('', { file, argv: ['name', 'word'] }).ended, { exitCode: 0 });
    assert.equal(written(), 'word\n');
  });

  it('get as many words as the kernel takes, and are an error beyond', async () => {
    const many = ['sh', '-c', 'echo $# >"$OUT"', 'x', ...new Array<string>(60_000).fill('0123456789')] as const;
    assert.deepEqual(await sh('', { argv: ['sh', ...many.slice(1)] }).ended, { exitCode: 0 });
    assert.equal(written(), '60000\n');
    assert.throws(() => sh('x'.repeat(200_000)), { code: 'E2BIG' });
  });

  it('cannot be started when they are not there, are no programs or are wrongly named', () => {
    assert.throws(() => sh('', { file: '/nowhere' }), { code: 'ENOENT' });
    assert.throws(() => sh('', { file: folder }), { code: 'EACCES' });
    assert.throws(() => sh('', { file: '/bin/s\0h' }), { code: 'EINVAL' });
  });
});
