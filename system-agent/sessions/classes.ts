import type { Session } from './sessions.ts';

const GRAPHICAL: ReadonlySet<string> = new Set(['x11', 'wayland', 'mir']);

export function isGraphical({ type }: Session): boolean {
  return GRAPHICAL.has(type);
}

/** A person's login; newer logind has kinds of it (`user-early`, `user-light`). */
export function isUser({ class: kind }: Session): boolean {
  return kind === 'user' || kind.startsWith('user-');
}

/** What stands between a seat and its users. */
export function isGreeter({ class: kind }: Session): boolean {
  return kind === 'greeter' || kind === 'lock-screen';
}

/** Its user has left; processes may linger. */
export function isClosing({ state }: Session): boolean {
  return state === 'closing';
}
