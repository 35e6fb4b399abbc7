import type { Desktop } from './backend.ts';

/** A session without a desktop that we can reach: a console login, or a display server that is not known here. */
export const noDesktop: Desktop = {
  display: 'none',
  lost: new Promise(() => {}),
  [Symbol.asyncDispose]: async () => {},
};
