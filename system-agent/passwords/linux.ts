import { AgentError } from '#shared/errors.ts';
import { failureOf, type Run, type RunResult } from '#shared/process/run.ts';
import type { Passwords } from './passwords.ts';

/** PAM modules may ask a server. */
const TIMEOUT_MS = 30_000;
const NUL = 0;
const NEWLINE = 10;

/** @param chpasswd path of chpasswd(8), which reads `user:password` lines from its stdin */
export function linuxPasswords(run: Run, chpasswd: string): Passwords {
  return {
    async set({ user, password, isHash }) {
      if (password.includes(NEWLINE) || password.includes(NUL)) invalid('raw password');
      if (/[:\n\0]/.test(user)) invalid('username');
      const input = Buffer.concat([Buffer.from(`${user}:`), password, Uint8Array.of(NEWLINE)]);
      const result = await run(isHash ? [chpasswd, '-e'] : [chpasswd], { timeoutMs: TIMEOUT_MS, input }).finally(() =>
        input.fill(0),
      );
      if (result.status !== 0) {
        throw new AgentError('failed', failureOf('set user password', withoutSecret(result, password)));
      }
    },
  };
}

/** QEMU's words. */
function invalid(what: string): never {
  throw new AgentError('invalid-argument', `forbidden characters in ${what}`);
}

/** A tool that repeats its input is not quoted. */
function withoutSecret(result: RunResult, secret: Uint8Array): RunResult {
  const told =
    secret.length > 0 &&
    Buffer.from(result.output).includes(Buffer.from(secret.buffer, secret.byteOffset, secret.length));
  return told ? { ...result, output: '' } : result;
}
