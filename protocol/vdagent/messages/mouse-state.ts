import { BodyWriter } from '../body.ts';
import { defineMessage, exactly } from './spec.ts';

export interface MouseState {
  /** Pixels from the top left of the display; host-controlled and unbounded: clamp before use. */
  readonly x: number;
  readonly y: number;
  /** Mask of MOUSE_BUTTONS. */
  readonly buttons: number;
  readonly displayId: number;
}

export type MouseButton = 'left' | 'middle' | 'right' | 'wheel-up' | 'wheel-down' | 'side' | 'extra';

/** Their bits; bit 0 is unused. The wheel "buttons" are pressed and released once a notch. */
export const MOUSE_BUTTONS: ReadonlyMap<MouseButton, number> = new Map([
  ['left', 1 << 1],
  ['middle', 1 << 2],
  ['right', 1 << 3],
  ['wheel-up', 1 << 4],
  ['wheel-down', 1 << 5],
  ['side', 1 << 6],
  ['extra', 1 << 7],
]);

/** u32 x, u32 y, u32 buttons, u8 display. Source: vd_agent.h, VDAgentMouseState. */
export const mouseState = defineMessage<'mouse-state', MouseState>({
  type: 1,
  name: 'mouse-state',
  direction: 'to-guest',
  needs: 'mouse-state',
  size: exactly(13),
  decode: (body) => ({ x: body.u32(), y: body.u32(), buttons: body.u32(), displayId: body.u8() }),
  encode: ({ x, y, buttons, displayId }) => new BodyWriter().u32(x).u32(y).u32(buttons).u8(displayId).finish(),
});
