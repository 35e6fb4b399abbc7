import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';
import { needsXvfb, startXvfb } from './x-server.ts';

/** A Wayland compositor that lets no program have the clipboard that has no window with the focus: in a window of an X server. */
export interface Weston extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

export const needsWeston = needsXvfb || without('weston') || without('wl-copy');

export async function startWeston(): Promise<Weston> {
  const server = await startXvfb();
  const folder = temporaryFolder();
  const runtime = path.join(folder.path, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const env = { PATH: process.env.PATH ?? '', HOME: folder.path, XDG_RUNTIME_DIR: runtime };
  const display = 'wayland-1';
  const program = new Program(
    ['weston', '--backend=x11-backend.so', '--use-pixman', `--socket=${display}`, '--no-config'],
    { ...env, ...server.env },
  );
  await until(() => !program.running || /weston-desktop-shell/.test(program.stderr), 'weston to be ready');
  if (!existsSync(path.join(runtime, display))) throw new Error(`weston ended: ${program.stderr}`);
  return {
    env: { ...env, WAYLAND_DISPLAY: display, XDG_SESSION_TYPE: 'wayland' },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
