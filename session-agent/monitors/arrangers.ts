import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError } from '#shared/errors.ts';
import { hasOwner } from '../bus-calls.ts';
import type { Desktop } from '../desktop/backend.ts';
import { readState } from '../desktop/wayland/monitors/mutter/display-config.ts';

/**
 * Desktops that follow their displays themselves, by a name that only they have on the session's bus. On Wayland KWin does so only
 * until somebody has chosen a mode that the display has at every size: it keeps that one at each change from then on.
 */
const ARRANGERS: readonly (readonly [name: string, desktop: string, only?: Desktop['display']])[] = [
  ['org.gnome.Mutter.DisplayConfig', 'GNOME'],
  ['org.cinnamon.Muffin.DisplayConfig', 'Cinnamon'],
  ['org.kde.KWin', 'KDE Plasma', 'x11'],
];

/** Who arranges the displays of this session; undefined where nobody is known to. A session without a bus has nobody. */
export async function arrangerOf(bus: Bus, display: Desktop['display']): Promise<string | undefined> {
  for (const [name, desktop, only = display] of ARRANGERS) {
    if (only !== display) continue;
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
