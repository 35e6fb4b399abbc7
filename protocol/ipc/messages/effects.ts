import { flag, maybe, type Read, record, text } from '#shared/schema/record.ts';
import { request } from '../definition.ts';

export const EFFECTS = ['wallpaper', 'smoothing', 'animation'] as const;
export type Effect = (typeof EFFECTS)[number];

/**
 * What the client wants the desktop to do without, so that less must be sent; with nothing in it all is as the user had
 * it. The last wish is sent again to a session that comes later.
 */
export const effectsReduce = request({
  name: 'effects.reduce',
  direction: 'to-session',
  body: record({ wallpaper: flag, smoothing: flag, animation: flag }),
  result: record({
    /** What the desktop's settings were reached by, or why they were not. */
    by: maybe(text(64)),
    why: maybe(text(200)),
  }),
});

export type EffectsWish = Read<typeof effectsReduce.body>;
