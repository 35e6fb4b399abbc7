import { integer, list, type Read, record, words } from '#shared/schema/record.ts';
import { nothing, request } from '../definition.ts';

/** In the order of their events. The wheel has "buttons" too: one press is one notch. */
export const POINTER_BUTTONS = ['left', 'middle', 'right', 'side', 'extra', 'wheel-up', 'wheel-down'] as const;
export type PointerButton = (typeof POINTER_BUTTONS)[number];

/** What X coordinates hold. */
const pixel = integer(0, 0x7fff);

/** Where the pointer is from now on, in physical pixels of the framebuffer, and all that is pressed there. */
const frame = record({ x: pixel, y: pixel, pressed: words(POINTER_BUTTONS, POINTER_BUTTONS.length) });
export type PointerFrame = Read<typeof frame>;

export const MAX_POINTER_FRAMES = 64;

/**
 * Moves and presses, one after the other, where the system agent has no device of its own. Answered when the display has
 * taken them: answers are the flow control. What is held is let go by the session itself when it is no longer served.
 */
export const pointerPut = request({
  name: 'pointer.put',
  direction: 'to-session',
  body: record({ frames: list(frame, MAX_POINTER_FRAMES) }),
  result: nothing,
});
