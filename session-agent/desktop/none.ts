import type { Desktop } from './backend.ts';

/**
 * A session without a desktop that we can reach: a console login, or a display server that is not known here.
 * @param why in a few words
 */
export function noDesktop(why: string): Desktop {
  return {
    display: 'none',
    by: {},
    lacks: { clipboard: why, monitors: why, pointerLayout: why, pointer: why },
    lost: new Promise(() => {}),
    [Symbol.asyncDispose]: async () => {},
  };
}
