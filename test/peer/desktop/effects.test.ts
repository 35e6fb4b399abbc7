import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { effectsReduce } from '#protocol/ipc/messages/effects.ts';
import { desktopSettings } from '#session-agent/effects/desktops.ts';
import { EffectsService } from '#session-agent/effects/service.ts';
import { toolRunner } from '#session-agent/effects/tools.ts';
import { sessionBus } from '#shared/dbus/address.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const ALL = { wallpaper: true, smoothing: true, animation: true };
const NONE = { wallpaper: false, smoothing: false, animation: false };

interface Case {
  /** A program or a file. */
  readonly needs: string;
  /** What the user has set before, each by a program. */
  readonly before: readonly (readonly string[])[];
  /** Programs that read the settings, and what they print while effects are reduced. */
  readonly read: readonly (readonly [argv: readonly string[], during: string])[];
}

const get = (...place: string[]) => ['gsettings', 'get', ...place];
const xfconf = (channel: string, property: string, ...more: string[]) => [
  ...['xfconf-query', '-c', channel, '-p', property],
  ...more,
];
const kread = (group: string, key: string) => ['kreadconfig5', '--file', 'kdeglobals', '--group', group, '--key', key];
const BACKDROP = '/backdrop/screen0/monitorVirtual-1/workspace0/image-style';

const CASES: Readonly<Record<string, Case>> = {
  GNOME: {
    needs: 'gsettings',
    before: [['gsettings', 'set', 'org.gnome.desktop.background', 'picture-options', "'spanned'"]],
    read: [
      [get('org.gnome.desktop.background', 'picture-options'), "'none'"],
      [get('org.gnome.desktop.interface', 'font-antialiasing'), "'none'"],
      [get('org.gnome.desktop.interface', 'enable-animations'), 'false'],
    ],
  },
  MATE: {
    needs: '/usr/share/glib-2.0/schemas/org.mate.background.gschema.xml',
    before: [['gsettings', 'set', 'org.mate.background', 'picture-filename', "'/hills.png'"]],
    read: [
      [get('org.mate.background', 'picture-filename'), "''"],
      [get('org.mate.interface', 'gtk-enable-animations'), 'false'],
      [get('org.mate.interface', 'enable-animations'), 'false'],
    ],
  },
  XFCE: {
    needs: 'xfconf-query',
    before: [
      xfconf('xfce4-desktop', BACKDROP, '-n', '-t', 'int', '-s', '5'),
      xfconf('xfwm4', '/general/use_compositing', '-n', '-t', 'bool', '-s', 'true'),
    ],
    read: [
      [xfconf('xfce4-desktop', BACKDROP), '0'],
      [xfconf('xsettings', '/Xft/Antialias'), '0'],
      [xfconf('xfwm4', '/general/use_compositing'), 'false'],
    ],
  },
  KDE: {
    needs: 'kwriteconfig5',
    before: [['kwriteconfig5', '--file', 'kdeglobals', '--group', 'General', '--key', 'XftAntialias', 'true']],
    read: [
      [kread('General', 'XftAntialias'), 'false'],
      [kread('KDE', 'AnimationDurationFactor'), '0'],
    ],
  },
};

function isMissing(what: string): string | false {
  if (!what.startsWith('/')) return without(what);
  return existsSync(what) ? false : `${what} is not there`;
}

async function privateSession(folder: string) {
  const bus = new Program(['dbus-daemon', '--session', '--nofork', '--print-address']);
  await until(() => bus.stdout.includes('\n') || !bus.running);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DBUS_SESSION_BUS_ADDRESS: bus.stdout.trim(),
    GSETTINGS_BACKEND: 'keyfile',
  };
  const client = new BusClient(sessionBus(env), silent);
  await client.start();
  return {
    ...{ env, bus: client },
    async [Symbol.asyncDispose]() {
      await client.stop();
      await bus[Symbol.asyncDispose]();
    },
  };
}

describe("a desktop's real settings are reduced and restored", () => {
  for (const [name, { needs, before, read }] of Object.entries(CASES)) {
    it(name, { skip: isMissing(needs) || without('dbus-daemon') }, async () => {
      using home = temporaryFolder();
      await using session = await privateSession(home.path);
      const run = toolRunner(session.env);
      const found = async () => {
        const all = [];
        // What is not set is told by status alone: the words are of no program's interface.
        for (const [argv] of read) {
          const { status, output } = await run(['/usr/bin/env', ...argv]);
          all.push(status === 0 ? output : undefined);
        }
        return all;
      };
      for (const argv of before) assert.equal((await run(['/usr/bin/env', ...argv])).status, 0);
      const asItWas = await found();
      const desktop = desktopSettings(`x:${name}`, run, session.bus);
      assert.ok(desktop);
      const state = `${home.path}/state`;
      const link = new FakeSystemSide();
      const service = new EffectsService({ desktop, state, link, log: silent });
      await service.start();
      assert.equal((await link.ask(effectsReduce, ALL)).by, desktop.tool.name);
      assert.deepEqual(
        await found(),
        read.map(([, during]) => during),
      );
      await link.ask(effectsReduce, NONE);
      assert.deepEqual(await found(), asItWas);
      await link.ask(effectsReduce, { ...NONE, animation: true });
      await service.stop();
      assert.deepEqual(await found(), asItWas);
    });
  }
});
