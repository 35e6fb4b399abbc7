import type { Word } from '../../sessions/console.ts';
import { defineReport, type Report } from '../report.ts';
import { activeUser } from './active-user.ts';

const word = (name: Exclude<Word['word'], 'active-user'>) =>
  defineReport({ name, since: 0, needs: [], collect: () => ({}) });

/** What tells the host that somebody logs in, locks the screen or leaves. Told in the order in which it happens. */
export const sessionWords: Readonly<Record<Word['word'], Report>> = {
  'active-user': activeUser,
  'session-lock': word('session-lock'),
  'session-logoff': word('session-logoff'),
  'session-logon': word('session-logon'),
  'session-unlock': word('session-unlock'),
};
