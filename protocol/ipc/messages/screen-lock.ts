import { flag, maybe, record, text } from '#shared/schema/record.ts';
import { nothing, request } from '../definition.ts';

/** Locks the session's screen through its desktop. */
export const screenLock = request({
  name: 'screen-lock.lock',
  direction: 'to-session',
  body: nothing,
  result: record({
    /** The desktop says that the screen is locked now. */
    locked: flag,
    /** Interface that did it, or why none could. */
    by: maybe(text(100)),
    why: maybe(text(200)),
  }),
});
