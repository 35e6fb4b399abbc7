import { POINTER_BUTTONS, type PointerButton } from '#protocol/ipc/messages/pointer.ts';
import {
  ABS_X,
  ABS_Y,
  EV_ABS,
  EV_KEY,
  EV_REL,
  EV_SYN,
  HI_RES_PER_NOTCH,
  type InputEvent,
  KEYS,
  NOTCHES,
  REL_WHEEL,
  REL_WHEEL_HI_RES,
  SYN_REPORT,
} from './input-event.ts';
import type { Place } from './place.ts';

/** What the device was last told. */
export interface Frame {
  readonly place: Place | undefined;
  readonly pressed: ReadonlySet<PointerButton>;
}

export const AT_START: Frame = { place: undefined, pressed: new Set() };

/** The events that lead from one frame to the next: place, buttons, wheel where they changed, and always the end mark. */
export function eventsBetween(before: Frame, now: Frame): InputEvent[] {
  const events: InputEvent[] = [];
  const { place } = now;
  if (place !== undefined && place.x !== before.place?.x) events.push({ type: EV_ABS, code: ABS_X, value: place.x });
  if (place !== undefined && place.y !== before.place?.y) events.push({ type: EV_ABS, code: ABS_Y, value: place.y });
  for (const button of POINTER_BUTTONS) {
    const isPressed = now.pressed.has(button);
    if (isPressed === before.pressed.has(button)) continue;
    if (isWheel(button)) {
      if (isPressed) events.push(...turn(NOTCHES[button]));
    } else {
      events.push({ type: EV_KEY, code: KEYS[button], value: isPressed ? 1 : 0 });
    }
  }
  events.push({ type: EV_SYN, code: SYN_REPORT, value: 0 });
  return events;
}

function isWheel(button: PointerButton): button is keyof typeof NOTCHES {
  return button in NOTCHES;
}

function turn(notches: number): InputEvent[] {
  return [
    { type: EV_REL, code: REL_WHEEL, value: notches },
    { type: EV_REL, code: REL_WHEEL_HI_RES, value: notches * HI_RES_PER_NOTCH },
  ];
}
