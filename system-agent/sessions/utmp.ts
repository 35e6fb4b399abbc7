import { type FSWatcher, watch } from 'node:fs';
import { errnoOf, messageOf } from '#shared/errors.ts';
import { readSmallFile } from '#shared/files.ts';
import type { Log } from '#shared/log/log.ts';
import { type LoginRecord, layoutOf, loginRecords } from '../users/utmp.ts';
import type { Session } from './sessions.ts';

const MAX_SESSIONS = 256;
/** (uid_t) -1: a user whom the password file does not know. */
const NO_UID = 0xffff_ffff;

/** Files, and whether a process exists. */
export interface UtmpFiles {
  readonly records: string;
  readonly passwords: string;
  isAlive(pid: number): boolean;
}

export const UTMP_FILES: UtmpFiles = { records: '/var/run/utmp', passwords: '/etc/passwd', isAlive };

/** Sessions from the login records, where there is no logind: who and where, but not in the foreground or locked. */
export class UtmpSessions {
  #watcher: FSWatcher | undefined;

  /** @param tell called after each change with all sessions, or with undefined where there are no records */
  constructor(
    private readonly files: UtmpFiles,
    private readonly log: Log,
    private readonly tell: (sessions: readonly Session[] | undefined) => void,
  ) {}

  start(): void {
    try {
      this.#watcher = watch(this.files.records, { persistent: false }, () => this.#read());
      this.#watcher.on('error', (error) => this.#failed(error));
      this.log.info('sessions from login records, no lock state');
    } catch (error) {
      return this.#failed(error);
    }
    this.#read();
  }

  stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #read(): void {
    try {
      const records = readSmallFile(this.files.records);
      if (records === undefined) return this.tell(undefined);
      const passwords = readSmallFile(this.files.passwords)?.toString('utf8') ?? '';
      const alive = [...loginRecords(records, layoutOf(process.arch))].filter(({ pid }) => this.files.isAlive(pid));
      this.tell(sessionsOf(alive, passwords));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.stop();
    if (errnoOf(error) === 'ENOENT') this.log.info('no logind and no login records: sessions are unknown');
    else this.log.warn('cannot read the login records', { reason: messageOf(error) });
    this.tell(undefined);
  }
}

/**
 * @param passwords content of passwd(5)
 * @returns one session per line that somebody is logged in on, ssh and the like included
 */
export function sessionsOf(records: Iterable<LoginRecord>, passwords: string): Session[] {
  const uids = new Map(
    Array.from(passwords.matchAll(/^([^:\n]+):[^:\n]*:(\d{1,10}):/gm), ([, user, uid]) => [user, Number(uid)]),
  );
  const sessions = new Map<string, Session>();
  for (const { user, line, host } of records) {
    if (sessions.size >= MAX_SESSIONS) break;
    const graphical = isDisplay(line) || isDisplay(host);
    const local = isDisplay(line) || /^tty\d+$/.test(line);
    sessions.set(line, {
      id: line,
      uid: uids.get(user) ?? NO_UID,
      user,
      class: 'user',
      type: graphical ? 'x11' : 'tty',
      seat: local ? 'seat0' : undefined,
      active: graphical && local,
      locked: false,
      state: 'online',
    });
  }
  return [...sessions.values()];
}

/** The first display of this machine; those of other hosts have a name before the colon. */
function isDisplay(text: string): boolean {
  return /^:\d+(\.\d+)?$/.test(text);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
