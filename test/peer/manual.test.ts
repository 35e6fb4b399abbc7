import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { isThere } from '#test/support/peers.js';
import { manualFiles } from '../../installer/manual/index.ts';

const FILES = manualFiles({ version: '1.2.3', date: new Date(0) });
const folder = mkdtempSync(path.join(tmpdir(), 'uga-manual-'));
after(() => rmSync(folder, { recursive: true }));

describe('manual pages', { skip: isThere('groff') ? false : 'not installed: groff' }, () => {
  for (const { path: file, text } of FILES.filter((one) => one.path.includes('/man/'))) {
    it(`${path.basename(file)} is read by groff without a warning`, () => {
      const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-wall', '-rLL=200n', '-P-cbou'], {
        input: text,
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.match(stdout, /^NAME$/m);
    });
  }
});

describe('completion in bash', () => {
  const script = path.join(folder, 'uga');
  writeFileSync(script, FILES.find((one) => one.path.endsWith('completions/uga'))?.text ?? '');

  /** What a Tab offers after these words; the last is the one under the cursor. */
  const complete = (...words: string[]): string[] => {
    const program = `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _uga
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = execFileSync('bash', ['-c', program, 'bash', script, ...words], { cwd: folder, encoding: 'utf8' });
    return text.split('\n').filter(Boolean);
  };

  it('offers the faces, and what follows them', () => {
    assert.deepEqual(complete('uga', 'sys'), ['system-agent']);
    assert.deepEqual(complete('uga', 'host', ''), ['qga', 'qmp', 'ovirt', 'vdagent']);
  });

  it('offers the options of the face that was chosen', () => {
    assert.deepEqual(complete('uga', 'host', 'qga', '--p'), ['--pretty']);
    assert.deepEqual(complete('uga', 'system-agent', '--dump'), ['--dump-config']);
    assert.deepEqual(complete('uga', 'nonsense', '--dump'), []);
  });

  it('offers commands of the guest, files and words as values', () => {
    assert.deepEqual(complete('uga', 'host', 'qga', 'guest-pi'), ['guest-ping']);
    writeFileSync(path.join(folder, 'qga.sock'), '');
    assert.deepEqual(complete('uga', 'host', 'qga', '-c', 'qga'), ['qga.sock']);
    assert.deepEqual(complete('uga', 'system-agent', '--uinput', 'o'), ['off']);
    assert.deepEqual(complete('uga', 'host', 'qga', '--timeout', ''), []);
  });
});
