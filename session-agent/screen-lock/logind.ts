import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { askFlag, CALL_MS } from '../bus-calls.ts';
import { becomes, type Held, type Wait } from './held.ts';

const LOGIND = 'org.freedesktop.login1';
const SESSION = `${LOGIND}.Session`;
/** That a session is to unlock: its display manager has let the user in. */
export const unlockWanted = { sender: LOGIND, interface: SESSION, member: 'Unlock' };
/** The caller's own session in org.freedesktop.login1(5). */
const ownSession = { destination: LOGIND, path: '/org/freedesktop/login1/session/auto' };

/**
 * Asks logind, whose signal the desktop may follow; the lock is believed when the session's hint says so.
 * @param system the system bus
 * @throws {AgentError}
 */
export async function lockByLogind(system: Bus, wait: Wait): Promise<Held> {
  try {
    await system.call({ ...ownSession, interface: SESSION, member: 'Lock' }, CALL_MS);
    if (await becomes(() => isHinted(system), wait)) return { by: SESSION, released: async () => {}, isHinted: true };
  } catch (error) {
    throw new AgentError('failed', `logind: ${messageOf(error)}`, { cause: error });
  }
  throw new AgentError('failed', 'logind was asked and no screen lock followed');
}

/** LockedHint of our session. @throws {AgentError} */
export function isHinted(system: Bus): Promise<boolean> {
  const call = { ...ownSession, interface: 'org.freedesktop.DBus.Properties', member: 'Get' };
  return askFlag(system, { ...call, signature: 'ss', body: [SESSION, 'LockedHint'] });
}

/** @throws {AgentError} */
export async function setHint(system: Bus, locked: boolean): Promise<void> {
  const call = { ...ownSession, interface: SESSION, member: 'SetLockedHint', signature: 'b', body: [locked] };
  await system.call(call, CALL_MS);
}
