import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BusClient } from '#shared/dbus/client.ts';
import { type Value, Variant } from '#shared/dbus/values.ts';
import { silent } from '#shared/log/log.ts';
import { PrivateBus } from '../dbus/daemon.ts';
import { Program, temporaryFolder, until, without } from '../programs.ts';
import { here } from './release.ts';
import { startXvfb } from './x-server.ts';

/** GNOME's compositor without a shell or a screen, on a bus of the test's own. */
export interface Mutter extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly bus: PrivateBus;
  readonly program: Program;
}

export const needsMutter = without('mutter') || without('dbus-daemon');

/** Mutter wants the folder of X sockets to be everybody's, which is seen to in a mount namespace. */
export const needsMutterX = needsMutter || without('Xwayland') || (process.getuid?.() !== 0 && 'namespaces need root');

const SOCKETS = '/tmp/.X11-unix';
const OWN_SOCKETS = `mount -t tmpfs -o mode=1777 tmpfs ${SOCKETS} && exec "$@"`;

/** It goes on for as long as Mutter, which ends with it, and holds nothing that the test waits for. */
const TELL = 'env >$HOME/inside; exec tail --pid=$PPID -f /dev/null >/dev/null 2>&1';

/** With Xwayland, whose display and key are in `env`. */
export async function startMutterWithX(): Promise<Mutter> {
  mkdirSync(SOCKETS, { recursive: true });
  const mutter = await start(
    ['--headless', '--virtual-monitor', '1024x768'],
    { PATH: here.PATH, GSETTINGS_BACKEND: 'memory' },
    { command: ['unshare', '--mount', 'sh', '-c', OWN_SOCKETS, 'sh', 'mutter'], xWith: ['--', 'sh', '-c', TELL] },
  );
  try {
    const inside = () => read(path.join(mutter.env.HOME ?? '', 'inside'));
    const told = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(inside())?.[1] ?? '';
    await until(() => told('DISPLAY') !== '' && told('XAUTHORITY') !== '', 'the display');
    const socket = `${SOCKETS}/X${told('DISPLAY').slice(1)}`;
    symlinkSync(`/proc/${mutter.program.pid}/root${socket}`, socket);
    return {
      ...mutter,
      env: { ...mutter.env, DISPLAY: told('DISPLAY'), XAUTHORITY: told('XAUTHORITY') },
      async [Symbol.asyncDispose]() {
        rmSync(socket);
        await mutter[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await mutter[Symbol.asyncDispose]();
    throw error;
  }
}

/** @param monitors sizes of its displays, as `1024x768` */
export function startMutter(monitors: readonly string[], { PATH } = here): Promise<Mutter> {
  const displays = monitors.flatMap((size) => ['--virtual-monitor', size]);
  return start(['--headless', ...displays], { PATH, GSETTINGS_BACKEND: 'memory' });
}

/** Displays with several modes. */
export interface Displays {
  /** As `1024x768`: each display has all of them, and begins with the first. */
  readonly modes: readonly string[];
  /** One for each display, which begins with it. */
  readonly scales: readonly number[];
}

/**
 * Mutter in a window of an X server, which newer releases than 48 cannot.
 * @param units of its layout; those that are logical come with scales that are not whole
 */
export async function startNestedMutter(
  { modes, scales }: Displays,
  units: 'logical' | 'pixels',
  { PATH } = here,
): Promise<Mutter> {
  const server = await startXvfb('4096x4096');
  const env = {
    PATH,
    DISPLAY: server.env.DISPLAY ?? '',
    GSETTINGS_BACKEND: 'keyfile',
    MUTTER_DEBUG_NUM_DUMMY_MONITORS: `${scales.length}`,
    MUTTER_DEBUG_DUMMY_MODE_SPECS: modes.join(':'),
    MUTTER_DEBUG_DUMMY_MONITOR_SCALES: scales.join(),
  };
  const settings =
    units === 'logical' ? "[org/gnome/mutter]\nexperimental-features=['scale-monitor-framebuffer']\n" : '';
  try {
    const mutter = await start(['--nested'], env, { settings });
    return {
      ...mutter,
      async [Symbol.asyncDispose]() {
        await mutter[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Mutter that makes displays for a program which streams them. */
export interface StreamingMutter extends Mutter {
  /** One display more for each scale. */
  add(displays: Displays): Promise<void>;
}

/** Without any display. Those that are added have several modes since release 50; Mutter 51.0 crashes when one of them is switched off. */
export async function startStreamingMutter({ PATH } = here): Promise<StreamingMutter> {
  const mutter = await start(['--headless'], { PATH, GSETTINGS_BACKEND: 'memory' });
  const pipewire = new Program(['pipewire'], mutter.env);
  const maker = new BusClient([mutter.bus.socket], silent);
  const stop = async () => {
    await maker.stop();
    await pipewire[Symbol.asyncDispose]();
    await mutter[Symbol.asyncDispose]();
  };
  try {
    await pipewire.socket(path.join(mutter.env.XDG_RUNTIME_DIR ?? '', 'pipewire-0'));
    await maker.start();
    await until(() => maker.connected, 'the bus');
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...mutter, add: (displays) => recordVirtual(maker, displays), [Symbol.asyncDispose]: stop };
}

/** The displays last as long as the program that asks for them. Source: org.gnome.Mutter.ScreenCast.xml. */
async function recordVirtual(bus: BusClient, { modes, scales }: Displays): Promise<void> {
  const name = 'org.gnome.Mutter.ScreenCast';
  const call = (at: string, of: string, member: string, properties?: ReadonlyMap<Value, Value>) =>
    bus.call({
      ...{ destination: name, path: at, interface: `${name}${of}`, member },
      ...(properties && { signature: 'a{sv}', body: [properties] }),
    });
  const [session] = await call('/org/gnome/Mutter/ScreenCast', '', 'CreateSession', new Map());
  for (const scale of scales) {
    const told = modes.map(
      (mode, at) =>
        new Map<Value, Value>([
          ['size', new Variant('(uu)', mode.split('x').map(Number))],
          ['is-preferred', new Variant('b', at === 0)],
          ['preferred-scale', new Variant('d', scale)],
        ]),
    );
    await call(String(session), '.Session', 'RecordVirtual', new Map([['modes', new Variant('aa{sv}', told)]]));
  }
  await call(String(session), '.Session', 'Start');
}

interface Start {
  /** Of the user, as GLib's keyfile has them. */
  readonly settings?: string | undefined;
  /** What runs Mutter. */
  readonly command?: readonly [string, ...string[]];
  /** Last options of one with Xwayland. */
  readonly xWith?: readonly string[];
}

async function start(
  displays: readonly string[],
  more: Readonly<Record<string, string>>,
  { settings, command = ['mutter'], xWith }: Start = {},
): Promise<Mutter> {
  const folder = temporaryFolder();
  const bus = await new PrivateBus().start();
  const runtime = path.join(folder.path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  if (settings !== undefined) {
    const kept = path.join(folder.path, '.config', 'glib-2.0', 'settings');
    mkdirSync(kept, { recursive: true });
    writeFileSync(path.join(kept, 'keyfile'), settings);
  }
  const env = {
    PATH: '',
    HOME: folder.path,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    ...more,
  };
  const options = [...displays, '--wayland', '--wayland-display', 'wayland-0', ...(xWith ?? ['--no-x11'])];
  const program = new Program([...command, ...options], env);
  const stop = async () => {
    await program[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    await program.socket(path.join(runtime, 'wayland-0'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { ...env, WAYLAND_DISPLAY: 'wayland-0' }, bus, program, [Symbol.asyncDispose]: stop };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
