import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { systemTree } from '#shared/tree/system-tree.ts';
import { linuxCpus } from '#system-agent/cpus/linux.ts';
import { countOfList } from '#system-agent/cpus/list.ts';

describe('processors on Linux', () => {
  for (const [text, count] of [
    ['0\n', 1],
    ['0-3\n', 4],
    ['0-3,5,8-9\n', 7],
    ['10-127', 118],
  ] as const) {
    it(`${JSON.stringify(text)} are ${count}`, () => assert.equal(countOfList(text), count));
  }

  it('a list that is none is an error', () => {
    for (const text of ['', '\n', '3-0', '0,,1', 'all', '-1']) {
      assert.throws(() => countOfList(text), { code: 'malformed' }, JSON.stringify(text));
    }
  });

  it('gives the number of getconf(1)', () => {
    const known = execFileSync('getconf', ['_NPROCESSORS_ONLN'], { encoding: 'utf8' });
    assert.equal(linuxCpus(systemTree).online(), Number(known));
  });
});
