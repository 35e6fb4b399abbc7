import type { DesktopBackend } from './backend.ts';
import { isWaylandSession } from './wayland/address.ts';

/** From specific to general. Each is loaded where it is the session's. */
export const backends: readonly DesktopBackend[] = [
  {
    name: 'wayland',
    detect: ({ env }) => isWaylandSession(env),
    open: async (session, signal) => (await import('./wayland/backend.ts')).wayland.open(session, signal),
  },
  {
    name: 'x11',
    detect: ({ env }) => Boolean(env.DISPLAY),
    open: async (session, signal) => (await import('./x11/backend.ts')).x11.open(session, signal),
  },
];
