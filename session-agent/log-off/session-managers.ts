import type { Bus } from '#shared/dbus/bus.ts';
import type { Call } from '#shared/dbus/values.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { CALL_MS, hasOwner } from '../bus-calls.ts';
import type { WindowsPort } from '../desktop/backend.ts';

export interface Asked {
  readonly asked: boolean;
  /** Who was asked. */
  readonly by?: string;
  readonly why?: string;
}

/** A desktop's session manager on the session bus. */
interface SessionManager {
  /** It is this session's if this name has an owner. */
  readonly runs: string;
  readonly logout: Call;
  /** It ends every program at once: windows are to be closed first. */
  readonly asksNobody?: true;
}

const KDE = 'org.kde.ksmserver';

/**
 * How each ends a session without a dialog of its own, while applications may still save, ask their user and object.
 * Sources: gnome-session's org.gnome.SessionManager.xml (mode 1: no confirmation; MATE and Cinnamon have the same), KDE's
 * org.kde.Shutdown.xml and org.kde.KSMServerInterface.xml, xfsm-manager-dbus.xml (no dialog, save), lxqt-session's sessiondbusadaptor.h and lxqtmodman.cpp.
 */
const SESSION_MANAGERS: readonly SessionManager[] = [
  of('org.gnome.SessionManager', '/org/gnome/SessionManager', 'org.gnome.SessionManager', 'Logout', 'u', [1]),
  { ...of('org.kde.Shutdown', '/Shutdown', 'org.kde.Shutdown', 'logout'), runs: KDE },
  of(KDE, '/KSMServer', 'org.kde.KSMServerInterface', 'logout', 'iii', [0, 0, 0]),
  of('org.xfce.SessionManager', '/org/xfce/SessionManager', 'org.xfce.Session.Manager', 'Logout', 'bb', [false, true]),
  { ...of('org.lxqt.session', '/LXQtSession', 'org.lxqt.session', 'logout'), asksNobody: true },
];

function of(
  destination: string,
  path: string,
  iface: string,
  member: string,
  signature?: string,
  body?: readonly (number | boolean)[],
): SessionManager {
  const call = { destination, path, interface: iface, member };
  return { runs: destination, logout: signature === undefined ? call : { ...call, signature, body: body ?? [] } };
}

/**
 * Asks the first session manager that runs to end the session; where there is none, or one that would ask no application, each
 * window to close, as a click on its cross does. Never rejects.
 * @param session the user's bus
 */
export async function askToLogOff(session: Bus, windows?: WindowsPort): Promise<Asked> {
  const failures: string[] = [];
  for (const { runs, logout, asksNobody } of SESSION_MANAGERS) {
    try {
      if (!(await hasOwner(session, runs))) continue;
      const closing = asksNobody && (await closeAll(windows, failures));
      if (closing) return closing;
      await session.call(logout, CALL_MS);
      return { asked: true, by: logout.destination };
    } catch (error) {
      // It has the wish; some answer only when the session has ended.
      if (error instanceof AgentError && error.code === 'timeout') return { asked: true, by: logout.destination };
      failures.push(`${logout.destination}: ${messageOf(error)}`);
    }
  }
  const closing = await closeAll(windows, failures);
  return closing ?? { asked: false, why: failures.join('; ') || 'no session manager runs here, and no window is open' };
}

/** @returns undefined if no window is open, or none can be closed */
async function closeAll(windows: WindowsPort | undefined, failures: string[]): Promise<Asked | undefined> {
  try {
    const closing = await windows?.closeAll();
    if (closing) return { asked: true, by: closing === 1 ? 'the one window' : `${closing} windows` };
  } catch (error) {
    failures.push(`windows: ${messageOf(error)}`);
  }
  return undefined;
}
