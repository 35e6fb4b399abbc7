import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { PrivateBus } from '../dbus/daemon.ts';
import { Program, temporaryFolder, without } from '../programs.ts';
import { here } from './release.ts';

/** KDE Plasma's compositor without a shell or a screen, on a bus of the test's own. */
export interface KWin extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly bus: PrivateBus;
  readonly program: Program;
}

export const needsKWin = without('kwin_wayland') || without('dbus-daemon');

/** @param count how many displays of 1024x768 it has */
export async function startKWin(count: number, { PATH, locate } = here): Promise<KWin> {
  const folder = temporaryFolder();
  const bus = await new PrivateBus().start();
  const runtime = path.join(folder.path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  // The installed one has a capability that not every machine may give. Its name is how it recognises itself.
  const program = path.join(folder.path, 'kwin_wayland');
  copyFileSync(locate('kwin_wayland') ?? '', program);
  const env = {
    PATH,
    HOME: folder.path,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    KWIN_COMPOSE: 'Q',
  };
  const displays = ['--virtual', '--output-count', `${count}`, '--width', '1024', '--height', '768'];
  const quiet = ['--no-lockscreen', '--no-global-shortcuts', '--no-kactivities'];
  const kwin = new Program(['env', program, ...displays, ...quiet, '--socket', 'wayland-0'], env);
  const stop = async () => {
    await kwin[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    await kwin.socket(path.join(runtime, 'wayland-0'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { ...env, WAYLAND_DISPLAY: 'wayland-0' }, bus, program: kwin, [Symbol.asyncDispose]: stop };
}
