import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';
import { here } from './release.ts';

/** sway does not run as root. */
const NOBODY = 65_534;

/** A Wayland compositor of the test's own, without a screen. */
export interface Sway extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly program: Program;
  /** Of its Wayland socket. */
  readonly socket: string;
}

export const needsSway = without('sway') || without('wl-copy') || without('setpriv');

/** @param config lines of sway's configuration: outputs, Xwayland */
export async function startSway(config: readonly string[] = ['xwayland disable'], { PATH } = here): Promise<Sway> {
  const folder = temporaryFolder();
  const runtime = path.join(folder.path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  writeFileSync(path.join(folder.path, 'config'), `${config.join('\n')}\n`);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const one of [folder.path, runtime]) chownSync(one, NOBODY, NOBODY);
  const env = {
    PATH,
    HOME: folder.path,
    XDG_RUNTIME_DIR: runtime,
    WLR_BACKENDS: 'headless',
    WLR_LIBINPUT_NO_DEVICES: '1',
    WLR_RENDERER: 'pixman',
  };
  const asNobody = ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'] as const;
  const command = ['sway', '-c', path.join(folder.path, 'config')] as const;
  const program = new Program(isRoot ? [...asNobody, ...command] : command, env);
  const name = () => readdirSync(runtime).find((one) => /^wayland-\d+$/.test(one));
  await until(() => !program.running || (name() !== undefined && ipcOf(runtime) !== undefined), 'sway to be ready');
  const display = name();
  if (!program.running || display === undefined) throw new Error(`sway ended: ${program.stderr}`);
  return {
    env: { ...env, WAYLAND_DISPLAY: display, XDG_SESSION_TYPE: 'wayland', SWAYSOCK: ipcOf(runtime) ?? '' },
    program,
    socket: path.join(runtime, display),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      if (existsSync(folder.path)) folder[Symbol.dispose]();
    },
  };
}

function ipcOf(runtime: string): string | undefined {
  const name = readdirSync(runtime).find((one) => /^sway-ipc\..*\.sock$/.test(one));
  return name && path.join(runtime, name);
}
