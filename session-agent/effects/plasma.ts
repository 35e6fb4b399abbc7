import type { Bus } from '#shared/dbus/bus.ts';
import { tuple } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import { text } from '#shared/schema/record.ts';
import type { SettingsTool } from './tools.ts';

/** First word of the places that are a desktop of plasmashell, with its number as the second: its wallpaper. */
const SHELL = 'plasmashell';
/** A shell that has just begun is slow, on a slow machine. */
const SHELL_MS = 10_000;
const MAX_PRINTED = 4096;

const printed = tuple(text(MAX_PRINTED));

/**
 * KDE Plasma: what is no file of settings is told to its shell, in the language of its scripts. Each screen of each activity is
 * a desktop with a wallpaper of its own. Source: plasma-workspace's org.kde.PlasmaShell.xml and its scripting API.
 * @param files what all other places are for
 */
export function plasma(files: SettingsTool | undefined, bus: Bus): SettingsTool | undefined {
  if (files === undefined) return undefined;
  async function ask(script: string): Promise<string> {
    const shell = { destination: 'org.kde.plasmashell', path: '/PlasmaShell', interface: 'org.kde.PlasmaShell' };
    const call = { ...shell, member: 'evaluateScript', signature: 's', body: [script] };
    return printed.read(await bus.call(call, SHELL_MS), SHELL)[0];
  }
  return {
    name: files.name,
    async read(place) {
      if (place[0] !== SHELL) return files.read(place);
      const plugin = await ask(`var d = desktopById(${numberIn(place)}); if (d) print(d.wallpaperPlugin);`);
      return plugin === '' ? undefined : plugin;
    },
    async write(place, value) {
      if (place[0] !== SHELL) return files.write(place, value);
      const plugin = JSON.stringify(value ?? '');
      await ask(`var d = desktopById(${numberIn(place)}); if (d) d.wallpaperPlugin = ${plugin};`);
    },
    async find() {
      const numbers = await ask('print(desktops().map(function (d) { return d.id; }).join(" "));').catch((error) => {
        if (error instanceof AgentError && error.code === 'not-found') return ''; // no shell, no wallpaper
        throw error;
      });
      return numbers
        .split(' ')
        .filter((number) => NUMBER.test(number))
        .map((number) => [SHELL, number]);
    },
  };
}

const NUMBER = /^\d{1,9}$/;

/** @throws {AgentError} 'malformed': what an earlier agent left in a file is somebody's text */
function numberIn([, number = '']: readonly string[]): string {
  if (!NUMBER.test(number)) throw new AgentError('malformed', 'no number of a desktop');
  return number;
}
