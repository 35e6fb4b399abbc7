import type { Bus } from '#shared/dbus/bus.ts';
import { MANAGER_PATH, SERVICE } from '../sessions/login1.ts';
import { SessionControlService } from './service.ts';
import type { LoginManager, SessionControlSystem } from './session-control.ts';

const CALL_MS = 5_000;

/** @param bus the system bus, where logind is; where it is not, only session agents lock, and nothing ends a session */
export function linuxSessionControl(bus: Bus): SessionControlSystem {
  return { over: (parts) => new SessionControlService(parts, logindOn(bus)) };
}

/** Source: org.freedesktop.login1(5). Both take the id, so that no path is made of it (S11). */
function logindOn(bus: Bus): LoginManager {
  const call = async (member: string, id: string) => {
    const target = { destination: SERVICE, path: MANAGER_PATH, interface: `${SERVICE}.Manager` };
    await bus.call({ ...target, member, signature: 's', body: [id] }, CALL_MS);
  };
  return { lock: (id) => call('LockSession', id), terminate: (id) => call('TerminateSession', id) };
}
