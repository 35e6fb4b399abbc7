import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError } from '#shared/errors.ts';
import { hasOwner } from '../bus-calls.ts';
import { readState } from '../desktop/wayland/monitors/mutter/display-config.ts';

/** Desktops that follow their displays themselves, by a name that only they have on the session's bus. */
const ARRANGERS = [
  ['org.gnome.Mutter.DisplayConfig', 'GNOME'],
  ['org.cinnamon.Muffin.DisplayConfig', 'Cinnamon'],
  ['org.kde.KWin', 'KDE Plasma'],
] as const;

/** Who arranges the displays of this session; undefined where nobody is known to. A session without a bus has nobody. */
export async function arrangerOf(bus: Bus): Promise<string | undefined> {
  for (const [name, desktop] of ARRANGERS) {
    const isThere = await hasOwner(bus, name).catch(() => false);
    if (isThere && (desktop !== 'GNOME' || (await hasMonitors(bus)))) return desktop;
  }
  return undefined;
}

/** Compositors that only let programs read their displays own Mutter's name too, and show it no monitors. */
async function hasMonitors(bus: Bus): Promise<boolean> {
  try {
    await readState(bus);
    return true;
  } catch (error) {
    return !(error instanceof AgentError && error.code === 'unsupported');
  }
}
