import { flag, integer, list, maybe, type Read, record, text, word } from '#shared/schema/record.ts';
import { notification, request } from '../definition.ts';

/** More than any sound server has. */
export const MAX_CHANNELS = 32;
export const FULL_VOLUME = 0xffff;

/** How loud the client is, for the session to be as loud: what is played, or what is recorded. */
export const audioVolume = request({
  name: 'audio.volume',
  direction: 'to-session',
  body: record({
    stream: word('playback', 'record'),
    muted: flag,
    /** One per channel, linear up to FULL_VOLUME; none: only `muted` counts. */
    volumes: list(integer(0, FULL_VOLUME), MAX_CHANNELS),
  }),
  result: record({
    /** What the sound server was reached by, or why it was not. */
    by: maybe(text(64)),
    why: maybe(text(200)),
  }),
});

/**
 * Whether a sound server runs in the session: said when the link is up, and at each change. An agent that never says it has
 * said it with the feature `audio` of its hello, once for all.
 */
export const audioServer = notification({ name: 'audio.server', direction: 'to-system', body: record({ runs: flag }) });

export type AudioVolume = Read<typeof audioVolume.body>;
