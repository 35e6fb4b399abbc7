import type { Bus } from '#shared/dbus/bus.ts';
import type { Call } from '#shared/dbus/values.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { askFlag, CALL_MS, hasOwner } from '../bus-calls.ts';
import { becomes, type Held, type Wait } from './held.ts';
import type { Seizure } from './seizure.ts';

/** A desktop's screen saver on the session bus. */
export interface ScreenSaver {
  readonly service: string;
  readonly path: string;
  readonly interface: string;
  /** Lock of Cinnamon takes a message to show. */
  readonly message?: true;
}

/** Specific desktops before the common name, which some desktops own only to let programs inhibit. */
export const SCREEN_SAVERS: readonly ScreenSaver[] = [
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

/**
 * It is locked when the desktop says so afterwards, not when the call was taken, or when it has taken the keyboard: light-locker
 * says only whether the screen is dark. No service is started for this: a screen saver that does not run is not this session's.
 * @param bus the user's
 * @param seize begins to look at the keyboard, where that can be done
 * @returns undefined if it does not run
 * @throws {AgentError}
 */
export async function lockBySaver(
  bus: Bus,
  saver: ScreenSaver,
  wait: Wait,
  seize?: () => Promise<Seizure | undefined>,
): Promise<Held | undefined> {
  const { service } = saver;
  try {
    if (!(await hasOwner(bus, service))) return undefined;
    const seizure = await seize?.();
    const call = { destination: service, path: saver.path, interface: saver.interface };
    const argument = saver.message ? { signature: 's', body: [''] } : {};
    const getActive = { ...call, member: 'GetActive' };
    let refusal: unknown;
    bus.call({ ...call, member: 'Lock', ...argument }, CALL_MS).catch((error) => {
      refusal = error;
    });
    let isActive = false;
    // No answer is no refusal: mate-screensaver locks without a word.
    const isLocked = async () => {
      isActive = await askFlag(bus, getActive);
      if (refusal !== undefined) throw refusal;
      return isActive || (await seizure?.lasts()) === true;
    };
    if (await becomes(isLocked, wait)) {
      const isOver = () => released(bus, service, getActive);
      if (isActive || seizure === undefined) return { by: service, released: isOver };
      return { by: service, released: () => seizure.ended().then(isOver), isSilent: true };
    }
  } catch (error) {
    throw new AgentError('failed', `${service}: ${messageOf(error)}`, { cause: error });
  }
  throw new AgentError('failed', `${service} was asked and the screen is not locked`);
}

/** It says so, or is gone and its lock with it. */
function released(bus: Bus, service: string, getActive: Call): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      for (const one of listening) one[Symbol.dispose]();
      resolve();
    };
    const listening = [
      bus.subscribe({ sender: service, interface: getActive.interface, member: 'ActiveChanged' }, ({ body }) => {
        if (body[0] === false) end();
      }),
      bus.watchName(service, (owner) => {
        if (owner === undefined) end();
      }),
    ];
    // It may have been quicker than we.
    askFlag(bus, getActive).then(
      (isActive) => isActive || end(),
      () => end(),
    );
  });
}
