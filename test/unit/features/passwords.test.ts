import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run, RunResult } from '#shared/process/run.ts';
import { linuxPasswords } from '#system-agent/passwords/linux.ts';
import { refusingPasswords } from '#system-agent/passwords/refusing.ts';

function recorder(result: Partial<RunResult> = {}) {
  const calls: { readonly argv: readonly string[]; readonly input: string }[] = [];
  const run: Run = async (argv, { input = new Uint8Array() }) => {
    calls.push({ argv, input: Buffer.from(input).toString('latin1') });
    return { status: 0, signal: undefined, output: '', ...result };
  };
  return { calls, passwords: linuxPasswords(run, '/usr/sbin/chpasswd') };
}

const wish = (password: string, user = 'alice', isHash = false) => ({ user, password: Buffer.from(password), isHash });

describe('passwords on Linux', () => {
  it('go to chpasswd on its stdin, never in an argument', async () => {
    const { calls, passwords } = recorder();
    await passwords.set(wish('a:b c$(id)'));
    await passwords.set(wish('$6$x$y', 'bob', true));
    assert.deepEqual(calls, [
      { argv: ['/usr/sbin/chpasswd'], input: 'alice:a:b c$(id)\n' },
      { argv: ['/usr/sbin/chpasswd', '-e'], input: 'bob:$6$x$y\n' },
    ]);
  });

  for (const [name, { user = 'alice', password = 'x' }, message] of [
    ['a second line in the password', { password: 'x\nroot:y' }, 'forbidden characters in raw password'],
    ['a NUL that would cut the password', { password: 'x\0y' }, 'forbidden characters in raw password'],
    ['a user with a colon', { user: 'a:b' }, 'forbidden characters in username'],
    ['a user of two lines', { user: 'a\nroot' }, 'forbidden characters in username'],
  ] as [string, { user?: string; password?: string }, string][]) {
    it(`refuses ${name}, and starts nothing`, async () => {
      const { calls, passwords } = recorder();
      await assert.rejects(passwords.set(wish(password, user)), { code: 'invalid-argument', message });
      assert.deepEqual(calls, []);
    });
  }

  it('a failure says what the tool said, but never the secret', async () => {
    const failing = (output: string, status: number | undefined = 1) =>
      recorder({ status, output }).passwords.set(wish('s3cret'));
    await assert.rejects(failing('no such user\n'), {
      message: 'child process has failed to set user password: no such user',
    });
    await assert.rejects(failing('alice:s3cret: bad\n'), {
      message: 'child process has failed to set user password: exit status 1',
    });
    const killed = recorder({ status: undefined, signal: 'SIGKILL' }).passwords.set(wish('s3cret'));
    await assert.rejects(killed, { message: 'child process has terminated abnormally' });
  });

  it('the refusing port does nothing', async () => {
    await assert.rejects(refusingPasswords.set(wish('x')), { code: 'refused' });
  });
});
