import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PrivateBus } from '../dbus/daemon.ts';
import { Program, temporaryFolder, without } from '../programs.ts';
import { here } from './release.ts';

/** GNOME's compositor without a shell or a screen, on a bus of the test's own. */
export interface Mutter extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly bus: PrivateBus;
  readonly program: Program;
}

export const needsMutter = without('mutter') || without('dbus-daemon');

/** @param monitors sizes of its displays, as `1024x768` */
export async function startMutter(monitors: readonly string[], { PATH } = here): Promise<Mutter> {
  const folder = temporaryFolder();
  const bus = await new PrivateBus().start();
  const runtime = path.join(folder.path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const env = {
    PATH,
    HOME: folder.path,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    GSETTINGS_BACKEND: 'memory',
  };
  const displays = monitors.flatMap((size) => ['--virtual-monitor', size]);
  const options = ['--headless', '--wayland', '--no-x11', '--wayland-display', 'wayland-0', ...displays];
  const program = new Program(['mutter', ...options], env);
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
