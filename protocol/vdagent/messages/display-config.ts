import { BodyWriter } from '../body.ts';
import { defineMessage, exactly } from './spec.ts';

/** Effects the client asks to do without, so that less must be sent. Nothing set: as the user had it. */
export interface DisplayConfig {
  readonly noWallpaper: boolean;
  readonly noFontSmoothing: boolean;
  readonly noAnimation: boolean;
  /** Bits per pixel; absent if the client does not care. */
  readonly depth?: number;
}

const NO_WALLPAPER = 1 << 0;
const NO_FONT_SMOOTHING = 1 << 1;
const NO_ANIMATION = 1 << 2;
const SET_DEPTH = 1 << 3;

/** u32 flags, u32 depth. Source: vd_agent.h, VDAgentDisplayConfig. */
export const displayConfig = defineMessage<'display-config', DisplayConfig>({
  type: 5,
  name: 'display-config',
  direction: 'to-guest',
  needs: 'display-config',
  size: exactly(8),
  decode(body) {
    const flags = body.u32();
    const depth = body.u32();
    return {
      noWallpaper: (flags & NO_WALLPAPER) !== 0,
      noFontSmoothing: (flags & NO_FONT_SMOOTHING) !== 0,
      noAnimation: (flags & NO_ANIMATION) !== 0,
      ...((flags & SET_DEPTH) !== 0 && { depth }),
    };
  },
  encode({ noWallpaper, noFontSmoothing, noAnimation, depth }) {
    const flags =
      (noWallpaper ? NO_WALLPAPER : 0) |
      (noFontSmoothing ? NO_FONT_SMOOTHING : 0) |
      (noAnimation ? NO_ANIMATION : 0) |
      (depth === undefined ? 0 : SET_DEPTH);
    return new BodyWriter()
      .u32(flags)
      .u32(depth ?? 0)
      .finish();
  },
});
