import type { Rule } from '../audit/audit.ts';

/**
 * What is written of the commands of this door. One that is not here is counted if it only reads, and written without
 * any argument if it does more.
 *
 * Never here: `password`, `keys` as such, `input-data`, `env`, `buf-b64` and what files and programs answer (S12). Of the
 * arguments of a program, which can hold a secret, only how many there are and their hash.
 */
export const audited: Readonly<Record<string, Rule>> = {
  'guest-exec': { weight: 'change', args: { path: 'text', arg: 'digest' }, result: ['pid'] },
  'guest-exec-status': { weight: 'poll' },
  'guest-file-close': { weight: 'poll' },
  'guest-file-flush': { weight: 'poll' },
  'guest-file-open': { weight: 'access', args: { path: 'text', mode: 'text' }, result: 'value' },
  'guest-file-read': { weight: 'access', args: { handle: 'number', count: 'number' }, oncePer: ['handle'] },
  'guest-file-seek': { weight: 'poll' },
  'guest-file-write': { weight: 'access', args: { handle: 'number', count: 'number' }, oncePer: ['handle'] },
  // The freeze brings to the disk all that is written; and no thaw is ever refused for want of a record.
  'guest-fsfreeze-freeze': { weight: 'change', result: 'value', unsynced: true },
  'guest-fsfreeze-freeze-list': { weight: 'change', args: { mountpoints: 'texts' }, result: 'value', unsynced: true },
  'guest-fsfreeze-status': { weight: 'poll' },
  'guest-fsfreeze-thaw': { weight: 'change', result: 'value', always: true },
  'guest-fstrim': { weight: 'change', args: { minimum: 'number' } },
  'guest-set-memory-blocks': { weight: 'change', args: { 'mem-blks': 'count' } },
  'guest-set-time': { weight: 'change', args: { time: 'number' } },
  'guest-set-user-password': { weight: 'change', args: { username: 'text', crypted: 'flag' } },
  'guest-set-vcpus': { weight: 'change', args: { vcpus: 'count' }, result: 'value' },
  'guest-shutdown': { weight: 'change', args: { mode: 'text' } },
  'guest-ssh-add-authorized-keys': { weight: 'change', args: { username: 'text', keys: 'count', reset: 'flag' } },
  'guest-ssh-get-authorized-keys': { weight: 'access', args: { username: 'text' } },
  'guest-ssh-remove-authorized-keys': { weight: 'change', args: { username: 'text', keys: 'count' } },
  'uga-session-lock': { weight: 'change', args: { session: 'text' } },
  'uga-session-logoff': { weight: 'change', args: { session: 'text' }, result: ['session', 'user', 'seconds'] },
  'uga-session-login': { weight: 'change', args: { username: 'text' }, result: ['state'] },
  'uga-session-unlock': { weight: 'change', args: { username: 'text' }, result: ['state'] },
  'uga-freeze-renew': { weight: 'change', args: { seconds: 'number' }, result: 'value' },
};
