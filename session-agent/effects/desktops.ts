import type { Effect } from '#protocol/ipc/messages/effects.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { plasma } from './plasma.ts';
import { gsettings, kconfig, type RunTool, type SettingsTool, xfconf } from './tools.ts';

interface Row {
  readonly effect: Effect;
  readonly place: readonly string[];
  /** As the tool writes and reads it. */
  readonly reduced: string;
  /** The place's property is one of many: each that matches. */
  readonly every?: RegExp;
}

/** Words of XDG_CURRENT_DESKTOP, and which of its settings make an effect. */
const DESKTOPS: readonly {
  readonly name: string;
  readonly tool: (run: RunTool, bus: Bus) => SettingsTool | undefined;
  readonly rows: readonly Row[];
}[] = [
  {
    name: 'GNOME',
    tool: (run) => gsettings(run),
    rows: [
      { effect: 'wallpaper', place: ['org.gnome.desktop.background', 'picture-options'], reduced: "'none'" },
      { effect: 'smoothing', place: ['org.gnome.desktop.interface', 'font-antialiasing'], reduced: "'none'" },
      { effect: 'animation', place: ['org.gnome.desktop.interface', 'enable-animations'], reduced: 'false' },
    ],
  },
  {
    name: 'MATE',
    tool: (run) => gsettings(run),
    rows: [
      { effect: 'wallpaper', place: ['org.mate.background', 'picture-filename'], reduced: "''" },
      { effect: 'smoothing', place: ['org.mate.font-rendering', 'antialiasing'], reduced: "'none'" },
      { effect: 'animation', place: ['org.mate.interface', 'gtk-enable-animations'], reduced: 'false' },
      { effect: 'animation', place: ['org.mate.interface', 'enable-animations'], reduced: 'false' },
    ],
  },
  {
    name: 'XFCE',
    tool: (run) => xfconf(run),
    rows: [
      {
        effect: 'wallpaper',
        place: ['xfce4-desktop', '', 'int'],
        reduced: '0',
        every: /^\/backdrop\/.*\/image-style$/,
      },
      { effect: 'smoothing', place: ['xsettings', '/Xft/Antialias', 'int'], reduced: '0' },
      { effect: 'animation', place: ['xfwm4', '/general/use_compositing', 'bool'], reduced: 'false' },
    ],
  },
  {
    name: 'KDE',
    tool: (run, bus) => plasma(kconfig(run), bus),
    rows: [
      { effect: 'wallpaper', place: ['plasmashell'], reduced: 'org.kde.color', every: /./ },
      { effect: 'smoothing', place: ['kdeglobals', 'General', 'XftAntialias'], reduced: 'false' },
      { effect: 'animation', place: ['kdeglobals', 'KDE', 'AnimationDurationFactor'], reduced: '0' },
    ],
  },
];

/** One setting that makes an effect. */
export interface Setting {
  readonly effect: Effect;
  readonly place: readonly string[];
  readonly reduced: string;
}

/** The settings of one desktop. */
export interface DesktopSettings {
  /** One of the table's. */
  readonly name: string;
  readonly tool: SettingsTool;
  settings(): Promise<readonly Setting[]>;
}

/**
 * @param current XDG_CURRENT_DESKTOP: names of desktops, the most particular first
 * @param bus the session's
 */
export function desktopSettings(current: string | undefined, run: RunTool, bus: Bus): DesktopSettings | undefined {
  for (const word of (current ?? '').split(':')) {
    const found = settingsOf(word, run, bus);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param name of a desktop in the table */
function settingsOf(name: string, run: RunTool, bus: Bus): DesktopSettings | undefined {
  const row = DESKTOPS.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const tool = row?.tool(run, bus);
  if (row === undefined || tool === undefined) return undefined;
  return {
    name: row.name,
    tool,
    async settings() {
      const found: Setting[] = [];
      for (const { effect, place, reduced, every } of row.rows) {
        const places = every === undefined ? [place] : ((await tool.find?.(place, every)) ?? []);
        found.push(...places.map((one) => ({ effect, place: one, reduced })));
      }
      return found;
    },
  };
}
