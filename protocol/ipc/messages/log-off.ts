import { flag, maybe, record, text } from '#shared/schema/record.ts';
import { nothing, request } from '../definition.ts';

/** Asks the desktop to end the session as its user would: applications may save and object. */
export const logOff = request({
  name: 'session.log-off',
  direction: 'to-session',
  body: nothing,
  result: record({
    /** The desktop has taken the wish; whether the session ends is seen by its end. */
    asked: flag,
    /** Who was asked, or why nobody could be. */
    by: maybe(text(100)),
    why: maybe(text(200)),
  }),
});
