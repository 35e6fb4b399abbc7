import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run } from '#shared/process/run.ts';
import { getentAccounts, parseAccount } from '#system-agent/accounts/getent.ts';

const answering = (output: string, status = 0) => {
  const calls: (readonly string[])[] = [];
  const run: Run = async (argv) => {
    calls.push(argv);
    return { status, signal: undefined, output };
  };
  return { calls, find: getentAccounts(run) };
};

describe('accounts', () => {
  it('a line of passwd(5) is an account', () => {
    assert.deepEqual(parseAccount('alice:x:1000:1001:A. Lice,,,:/home/alice:/bin/sh\n'), {
      name: 'alice',
      uid: 1000,
      gid: 1001,
      home: '/home/alice',
    });
  });

  for (const line of [
    '',
    'alice',
    'a:x:-1:0::/:',
    'a:x:4294967295:0::/:',
    'a:x:1:x::/:',
    'a:x:1:1::home:',
    ':x:1:1::/:',
  ]) {
    it(`'${line}' is none`, () => assert.equal(parseAccount(line), undefined));
  }

  it('a name is an argument after --', async () => {
    const { calls, find } = answering('-x:x:1:1::/:\n');
    assert.equal((await find('-x'))?.uid, 1);
    assert.deepEqual(calls, [['/usr/bin/getent', '--', 'passwd', '-x']]);
  });

  it('a number is not the name of whom getent finds by it', async () => {
    assert.equal(await answering('root:x:0:0::/root:\n').find('0'), undefined);
  });

  it('nobody is asked about names that cannot be', async () => {
    const { calls, find } = answering('a:x:1:1::/:\n');
    for (const name of ['', 'a\0b', 'a:b', 'a\nb', 'x'.repeat(300)]) assert.equal(await find(name), undefined);
    assert.deepEqual(calls, []);
  });

  it('status 2 is nobody, any other an error', async () => {
    assert.equal(await answering('', 2).find('a'), undefined);
    await assert.rejects(answering('', 1).find('a'), { code: 'failed' });
  });
});
