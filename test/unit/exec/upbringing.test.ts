import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { limitOpenFiles, openFilesLimit } from '#shared/native/open-files.ts';
import { inheritable } from '#system-agent/exec/environment.ts';
import { asAnyService } from '#system-agent/exec/upbringing.ts';

const SCORE = '/proc/self/oom_score_adj';
const shell = (text: string) => execFileSync('sh', ['-c', text], { encoding: 'utf8' }).trim().split('\n');

describe('what a program of a host has from us', () => {
  it('is not how many files Node may open', () => {
    const before = openFilesLimit();
    const soft = before.hard < 1024n ? before.hard : 1024n;
    const seen = asAnyService(() => shell('ulimit -Sn; ulimit -Hn'));
    assert.deepEqual(seen, [`${soft}`, before.hard > 1n << 62n ? 'unlimited' : `${before.hard}`]);
    assert.deepEqual(openFilesLimit(), before);
  });

  it('is a smaller limit, if there is one', () => {
    const before = openFilesLimit();
    limitOpenFiles({ ...before, soft: 512n });
    try {
      assert.deepEqual(
        asAnyService(() => shell('ulimit -Sn')),
        ['512'],
      );
    } finally {
      limitOpenFiles(before);
    }
  });

  it('is not that the kernel spares it', { skip: withoutProtection() }, () => {
    writeFileSync(SCORE, '-7');
    try {
      assert.deepEqual(
        asAnyService(() => shell(`cat ${SCORE}`)),
        ['0'],
      );
      assert.equal(Number(readFileSync(SCORE, 'latin1')), -7);
    } finally {
      writeFileSync(SCORE, '0');
    }
  });

  it('is ours again when it could not be started', () => {
    const before = openFilesLimit();
    const failing = () => {
      throw new Error('no such program');
    };
    assert.throws(() => asAnyService(failing), /no such program/);
    assert.deepEqual(openFilesLimit(), before);
  });

  it('is the environment without what was said to us alone', () => {
    const ours = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2', RUNTIME_DIRECTORY: '/run/uga', WATCHDOG_USEC: '1' };
    assert.deepEqual(inheritable({ ...ours, LANG: 'C', STATE_DIRECTORY_OF_MINE: 'x' }), {
      LANG: 'C',
      STATE_DIRECTORY_OF_MINE: 'x',
    });
  });
});

function withoutProtection(): string | false {
  const before = readFileSync(SCORE, 'latin1');
  try {
    writeFileSync(SCORE, '-7');
    writeFileSync(SCORE, before);
    return false;
  } catch {
    return 'needs the right to be spared by the kernel (CAP_SYS_RESOURCE)';
  }
}
