import type { Session, SessionsSnapshot } from '../../sessions/sessions.ts';
import { defineReport } from '../report.ts';

/** The word for nobody; `Unknown` is the host's own for having heard nothing. */
const NOBODY = 'None';

export const activeUser = defineReport({
  name: 'active-user',
  since: 0,
  needs: ['sessions'],
  collect: ({ sessions }) => ({ name: userAtConsole(sessions.snapshot) ?? NOBODY }),
  watch: ({ sessions }, changed) => sessions.onChange(changed),
});

/**
 * Who sits at the console: the user of the first seat's active session, also while a greeter hides that user's locked
 * one. Somebody on the network only is not there. Without logind, where seats are unknown, the first name that is
 * logged in, as ovirt-guest-agent has it.
 */
export function userAtConsole({ sessions, source }: SessionsSnapshot): string | undefined {
  const users = sessions.filter((session) => session.class.startsWith('user') && session.state !== 'closing');
  if (source !== 'logind') return users.map(({ user }) => user).sort()[0];
  const seat = firstSeat(sessions);
  const here = (session: Session) => seat !== undefined && session.seat === seat;
  const front = sessions.find((session) => here(session) && session.active);
  if (front !== undefined && users.includes(front)) return front.user;
  return users.find((session) => here(session) && session.locked)?.user;
}

/** logind calls the seat of the machine's own console seat0, which sorts first. */
function firstSeat(sessions: readonly Session[]): string | undefined {
  return sessions.flatMap(({ seat }) => (seat === undefined ? [] : [seat])).sort()[0];
}
