import { statSync } from 'node:fs';
import path from 'node:path';
import type { SessionInfo } from '../backend.ts';

/**
 * Where the session's compositor listens. libwayland: WAYLAND_DISPLAY is a path, or a name under XDG_RUNTIME_DIR.
 * @returns undefined when the environment does not say
 */
export function compositorPath(env: SessionInfo['env']): string | undefined {
  const { WAYLAND_DISPLAY: name, XDG_RUNTIME_DIR: folder } = env;
  if (!name) return undefined;
  if (path.isAbsolute(name)) return name;
  return folder && path.isAbsolute(folder) ? path.join(folder, name) : undefined;
}

/** A Wayland session whose compositor has a socket; a variable alone may have been left by another session. */
export function isWaylandSession(env: SessionInfo['env']): boolean {
  const file = compositorPath(env);
  if (file === undefined || env.XDG_SESSION_TYPE === 'x11') return false;
  return statSync(file, { throwIfNoEntry: false })?.isSocket() ?? false;
}
