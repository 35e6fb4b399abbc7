import assert from 'node:assert/strict';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningAgent, startConfinedAgent } from '#test/support/agents.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

const scratch = temporaryFolder();
const at = (name: string) => path.join(scratch.path, name);
const policy = at('policy.conf');

describe('rules of the running agent', () => {
  let agent: RunningAgent;
  before(async () => {
    for (const folder of ['read', 'write', 'other']) mkdirSync(at(folder));
    for (const name of ['read/file', 'other/secret']) writeFileSync(at(name), name);
    symlinkSync(at('other/secret'), at('read/link'));
    symlinkSync(at('other'), at('read/folder'));
    linkSync(at('other/secret'), at('write/hard'));
    writeFileSync(at('program'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(
      policy,
      `[allow look]\ncommand=guest-file-open\npath=${at('read')}\nmode=read\n` +
        `[allow put]\ncommand=guest-file-open\npath=${at('write')}\n` +
        '[allow pieces]\ncommand=guest-file-read, guest-file-write\nmax-size=4\n' +
        `[allow run]\ncommand=guest-exec\nprogram=${at('program')}\n` +
        '[allow pings]\ncommand=guest-ping\nrate=3/d\n',
    );
    agent = await startConfinedAgent(scratch.path, undefined, '--policy', policy);
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  const ask = async (execute: string, args: object = {}) =>
    JSON.parse((await exchange(agent.socket, JSON.stringify({ execute, arguments: args }))).toString('latin1'));
  const open = (name: string, mode = 'r') => ask('guest-file-open', { path: `${scratch.path}/${name}`, mode });

  it('a file in its place is read and written, in pieces that are allowed', async () => {
    const { return: handle } = await open('read/file');
    assert.equal((await ask('guest-file-read', { handle, count: 4 })).return['buf-b64'], 'cmVhZA==');
    assert.match((await ask('guest-file-read', { handle })).error.desc, /refused: more than 4 bytes: \[allow pieces\]/);
    const { return: made } = await open('write/made', 'w');
    assert.equal((await ask('guest-file-write', { handle: made, 'buf-b64': 'cmVhZA==' })).return, undefined);
    assert.equal((await ask('guest-file-write', { handle: made, 'buf-b64': 'cmVh' })).return.count, 3);
    await ask('guest-file-close', { handle: made });
    assert.equal(readFileSync(at('write/made'), 'utf8'), 'rea');
  });

  for (const [name, mode, problem] of [
    ['read/file', 'r+', /^Command guest-file-open has been refused: files may only be read: \[allow look\]/],
    ['other/secret', 'r', /^Command guest-file-open has been refused: the path is not allowed/],
    ['read/../other/secret', 'r', /^Command guest-file-open has been refused: the path is not allowed/],
    [
      'read/link',
      'r',
      /^failed to open file '.*' \(mode: 'r'\): a symbolic link is not followed: \[allow look\] \(.*:1\)$/,
    ],
    ['read/folder/secret', 'r', /: a link or file stands where a folder must be: \[allow look\] /],
    ['write/hard', 'r', /: the file has other names too \(hard links\): \[allow put\] /],
    ['write/hard', 'w', /: the file has other names too \(hard links\): \[allow put\] /],
    ['read/nothing', 'r', /: No such file or directory$/],
  ] as const) {
    it(`${name}, mode ${mode}, is not opened`, async () => {
      const { error } = await open(name, mode);
      assert.equal(error.class, 'GenericError');
      assert.match(error.desc, problem);
      assert.equal(readFileSync(at('other/secret'), 'utf8'), 'other/secret');
    });
  }

  it('a named program is not started from a folder that others may write, another one not at all', async () => {
    assert.match(
      (await ask('guest-exec', { path: at('program') })).error.desc,
      /is not started: .* written by others$/,
    );
    assert.match((await ask('guest-exec', { path: at('read/file') })).error.desc, /the program is not allowed/);
    const preload = { path: at('program'), env: ['LD_PRELOAD=/x'] };
    assert.match((await ask('guest-exec', preload)).error.desc, /environment may not be set/);
  });

  it('a flood of pings is answered, the first three well', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('guest-ping')));
    assert.equal(answers.filter((answer) => answer.error === undefined).length, 3);
    assert.match(answers.at(-1).error.desc, /^Command guest-ping has been refused: more than 3\/d: \[allow pings\]/);
  });
});
