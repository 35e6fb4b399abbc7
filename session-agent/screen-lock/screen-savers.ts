import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, DEFAULT_CALL_TIMEOUT_MS } from '#shared/dbus/bus.ts';
import { type Call, tuple } from '#shared/dbus/values.ts';
import { messageOf } from '#shared/errors.ts';
import { flag, type Read } from '#shared/schema/record.ts';

/** How long a desktop may take until it says that its screen is locked. */
const LOCKED_WITHIN_MS = 3_000;
const LOOK_AGAIN_MS = 100;
const CALL_MS = Math.min(3_000, DEFAULT_CALL_TIMEOUT_MS);

export interface Locked {
  readonly locked: boolean;
  /** Interface that did it. */
  readonly by?: string;
  readonly why?: string;
}

/** A desktop's screen saver on the session bus. */
interface ScreenSaver {
  readonly service: string;
  readonly path: string;
  readonly interface: string;
  /** Lock of Cinnamon takes a message to show. */
  readonly message?: true;
}

/** Specific desktops before the common name, which some desktops own only to let programs inhibit. */
const SCREEN_SAVERS: readonly ScreenSaver[] = [
  { service: 'org.gnome.ScreenSaver', path: '/org/gnome/ScreenSaver', interface: 'org.gnome.ScreenSaver' },
  { service: 'org.kde.screensaver', path: '/ScreenSaver', interface: 'org.freedesktop.ScreenSaver' },
  {
    service: 'org.cinnamon.ScreenSaver',
    path: '/org/cinnamon/ScreenSaver',
    interface: 'org.cinnamon.ScreenSaver',
    message: true,
  },
  { service: 'org.mate.ScreenSaver', path: '/org/mate/ScreenSaver', interface: 'org.mate.ScreenSaver' },
  { service: 'org.xfce.ScreenSaver', path: '/org/xfce/ScreenSaver', interface: 'org.xfce.ScreenSaver' },
  {
    service: 'org.freedesktop.ScreenSaver',
    path: '/org/freedesktop/ScreenSaver',
    interface: 'org.freedesktop.ScreenSaver',
  },
];

const LOGIND = 'org.freedesktop.login1';
const OWN_SESSION = '/org/freedesktop/login1/session/auto';
const SESSION = `${LOGIND}.Session`;

const oneFlag = tuple(flag);

/**
 * Locks the screen: by the first screen saver of the session bus that can, else by asking logind, whose signal the
 * desktop may follow. It is locked when the desktop says so afterwards, not when the call was taken.
 *
 * No service is started for this: a screen saver that does not run is not this session's.
 *
 * @param session the user's bus; @param system the system's
 */
export async function lockScreen(session: Bus, system: Bus): Promise<Locked> {
  const failures: string[] = [];
  for (const saver of SCREEN_SAVERS) {
    try {
      if (!(await hasOwner(session, saver.service))) continue;
      const call = { destination: saver.service, path: saver.path, interface: saver.interface };
      const argument = saver.message ? { signature: 's', body: [''] } : {};
      await session.call({ ...call, member: 'Lock', ...argument }, CALL_MS);
      if (await becomes(() => ask(session, { ...call, member: 'GetActive' })))
        return { locked: true, by: saver.service };
      failures.push(`${saver.service} was asked and the screen is not locked`);
    } catch (error) {
      failures.push(`${saver.service}: ${messageOf(error)}`);
    }
  }
  try {
    await system.call({ destination: LOGIND, path: OWN_SESSION, interface: SESSION, member: 'Lock' }, CALL_MS);
    if (await becomes(() => isHinted(system))) return { locked: true, by: SESSION };
    failures.push('logind was asked and no screen lock followed');
  } catch (error) {
    failures.push(`logind: ${messageOf(error)}`);
  }
  return { locked: false, why: failures.join('; ') };
}

async function hasOwner(bus: Bus, name: string): Promise<boolean> {
  const driver = 'org.freedesktop.DBus';
  const call = { destination: driver, path: '/org/freedesktop/DBus', interface: driver, member: 'NameHasOwner' };
  return ask(bus, { ...call, signature: 's', body: [name] });
}

function isHinted(system: Bus): Promise<boolean> {
  const call = { destination: LOGIND, path: OWN_SESSION, interface: 'org.freedesktop.DBus.Properties', member: 'Get' };
  return ask(system, { ...call, signature: 'ss', body: [SESSION, 'LockedHint'] });
}

async function ask(bus: Bus, call: Call): Promise<boolean> {
  const [answer]: Read<typeof oneFlag> = oneFlag.read(await bus.call(call, CALL_MS), call.member);
  return answer;
}

async function becomes(look: () => Promise<boolean>): Promise<boolean> {
  for (let left = LOCKED_WITHIN_MS; left > 0; left -= LOOK_AGAIN_MS) {
    if (await look()) return true;
    await sleep(LOOK_AGAIN_MS);
  }
  return false;
}
