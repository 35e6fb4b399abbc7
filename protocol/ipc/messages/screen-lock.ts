import { flag, list, maybe, record, text } from '#shared/schema/record.ts';
import { request } from '../definition.ts';

/** A program with its arguments, of which the first is an absolute path. */
export const program = list(text(256), 16);

/** Locks the session's screen through its desktop. */
export const screenLock = request({
  name: 'screen-lock.lock',
  direction: 'to-session',
  body: record({
    /** What to start where no screen saver runs: it locks the screen for as long as it runs. */
    locker: maybe(program),
  }),
  result: record({
    /** The desktop says that the screen is locked now. */
    locked: flag,
    /** Interface or program that did it, or why none could. */
    by: maybe(text(256)),
    why: maybe(text(200)),
  }),
});
