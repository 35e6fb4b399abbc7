import type { Bus } from '#shared/dbus/bus.ts';
import { hasOwner } from '../bus-calls.ts';

/** Desktops that follow their displays themselves, by a name that only they have on the session's bus. */
const ARRANGERS = [
  ['org.gnome.Mutter.DisplayConfig', 'GNOME'],
  ['org.cinnamon.Muffin.DisplayConfig', 'Cinnamon'],
  ['org.kde.KWin', 'KDE Plasma'],
] as const;

/** Who arranges the displays of this session; undefined where nobody is known to. A session without a bus has nobody. */
export async function arrangerOf(bus: Bus): Promise<string | undefined> {
  for (const [name, desktop] of ARRANGERS) {
    if (await hasOwner(bus, name).catch(() => false)) return desktop;
  }
  return undefined;
}
