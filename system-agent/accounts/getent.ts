import { AgentError } from '#shared/errors.ts';
import { failureOf, type Run } from '#shared/process/run.ts';
import type { Account, FindAccount } from './accounts.ts';

const GETENT = '/usr/bin/getent';
/** A directory server that is away must not hold the door for long (L3): getpwnam(3) in our own process would. */
const TIMEOUT_MS = 10_000;
const NOT_FOUND = 2;
const MAX_NAME = 256;
const LARGEST_ID = 2 ** 32 - 2;

/** Accounts of all databases that nsswitch.conf(5) names, by getent(1). */
export function getentAccounts(run: Run): FindAccount {
  return async (name) => {
    if (name === '' || name.length > MAX_NAME || /[:\n\0]/.test(name)) return undefined;
    const result = await run([GETENT, '--', 'passwd', name], { timeoutMs: TIMEOUT_MS, stdoutOnly: true });
    if (result.status === NOT_FOUND) return undefined;
    if (result.status !== 0) throw new AgentError('failed', failureOf('look up the user', result));
    const account = parseAccount(result.output);
    // getent takes a number for an id too.
    return account?.name === name ? account : undefined;
  };
}

/** @param line of passwd(5); undefined when it is none */
export function parseAccount(line: string): Account | undefined {
  const [name = '', , uid = '', gid = '', , home = ''] = line.split('\n')[0]?.split(':') ?? [];
  const isId = (text: string) => /^\d{1,10}$/.test(text) && Number(text) <= LARGEST_ID;
  if (name === '' || !isId(uid) || !isId(gid) || !home.startsWith('/')) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home };
}
