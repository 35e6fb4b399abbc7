import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { Exec, ProgramSpec } from '#system-agent/exec/exec.ts';
import { guardedExec } from '#system-agent/exec/guarded.ts';
import { refusingExec } from '#system-agent/exec/refusing.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const at = (name: string) => path.join(folder.path, name);
const owner = process.getuid?.() ?? 0;

async function outcome(program: string, options: { owner?: number; isGuarded?: boolean } = {}): Promise<string> {
  const started: ProgramSpec[] = [];
  const exec: Exec = { ...refusingExec, run: async (spec) => started.push(spec) };
  const guarded = guardedExec(exec, () => options.isGuarded ?? true, options.owner ?? owner);
  const spec: ProgramSpec = { path: program, args: [], environment: undefined, input: undefined, capture: 'none' };
  try {
    await guarded.run(spec);
    return `started ${started.length}`;
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(folder.path, '') : '';
  }
}

describe('a program that a rule names', () => {
  it('is started where only its owner can have put it', { skip: owner === 0 ? false : 'needs root' }, async () => {
    assert.equal(await outcome(process.execPath.startsWith('/usr') ? process.execPath : '/usr/bin/env'), 'started 1');
  });

  it('is not started where others may write on the way to it', async () => {
    mkdirSync(at('open'));
    writeFileSync(at('open/program'), '');
    assert.match(await outcome(at('open/program')), /^\/open\/program is not started: .*may be written by others$/);
    assert.equal(await outcome(at('open/program'), { isGuarded: false }), 'started 1');
  });

  it('is not started through a link, if it belongs to another, or is no file', async () => {
    symlinkSync('/usr/bin/env', at('link'));
    assert.match(await outcome(at('link')), /\/link is a link$/);
    assert.match(await outcome('/usr/bin/env', { owner: owner + 1 }), / belongs to user 0$/);
    assert.match(await outcome('/usr/bin'), /is no file$/);
    assert.match(await outcome('/usr/nothing'), /No such file or directory$/);
  });
});
