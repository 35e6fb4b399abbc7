import { isClosing, isGraphical, isGreeter, isUser } from './classes.ts';
import type { Served, Session, SessionsSnapshot } from './sessions.ts';

/** A session agent that has said hello. */
export interface Agent {
  readonly session: string;
  readonly uid: number;
}

/**
 * The one served session (D10): what is in the foreground of the seat, if it shows a desktop or a greeter. An agent
 * proves a desktop where logind knows of none (X started from a console).
 * @param before stays served among equals
 */
export function serve(
  { sessions, source }: SessionsSnapshot,
  agents: readonly Agent[],
  before: Served | undefined,
): Served | undefined {
  if (source !== 'logind') return serveWithoutLogind(sessions, agents);
  const withAgent = new Set(agents.map(({ session }) => session));
  const [best] = sessions
    .filter((session) => session.active && !isClosing(session) && (isUser(session) || isGreeter(session)))
    .filter((session) => isGraphical(session) || withAgent.has(session.id))
    .map((session) => ({
      session,
      rank: [
        session.seat === 'seat0' ? 0 : session.seat === undefined ? 2 : 1,
        isGraphical(session) ? 0 : 1,
        session.id === before?.session.id ? 0 : 1,
        withAgent.has(session.id) ? 0 : 1,
      ].join(),
    }))
    .sort((a, b) => compare(a.rank, b.rank) || compare(a.session.id, b.session.id));
  return best && withRights(best.session);
}

/**
 * Nobody says who is in the foreground, or whether a screen is locked: the only agent is served, of two none.
 * Which users may have an agent then is the session link's to say (D9).
 */
function serveWithoutLogind(sessions: readonly Session[], agents: readonly Agent[]): Served | undefined {
  const [agent, second] = agents;
  if (agent === undefined || second !== undefined) return undefined;
  const user = sessions.find(({ uid }) => uid === agent.uid)?.user ?? '';
  return withRights({
    id: agent.session,
    uid: agent.uid,
    user,
    class: 'user',
    type: 'unspecified',
    seat: undefined,
    active: true,
    locked: false,
    state: 'active',
  });
}

function withRights(session: Session): Served {
  const open = isUser(session) && !session.locked;
  return { session, clipboard: open, files: open };
}

export function sameServed(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.session.id === b.session.id &&
    a.session.uid === b.session.uid &&
    a.clipboard === b.clipboard &&
    a.files === b.files
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
