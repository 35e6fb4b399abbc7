import { endianness } from 'node:os';

/** One record of an input device. Source: Linux, input-event-codes.h. */
export interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

export const EV_SYN = 0;
export const EV_KEY = 1;
export const EV_REL = 2;
export const EV_ABS = 3;
export const SYN_REPORT = 0;
export const ABS_X = 0;
export const ABS_Y = 1;
export const REL_WHEEL = 8;
/** The same notches in 120ths, for programs that scroll smoothly; old ones read REL_WHEEL. */
export const REL_WHEEL_HI_RES = 0x0b;
export const HI_RES_PER_NOTCH = 120;

export const KEYS = { left: 0x110, right: 0x111, middle: 0x112, side: 0x113, extra: 0x114 } as const;
export const NOTCHES = { 'wheel-up': 1, 'wheel-down': -1 } as const;

/** Axes go from 0 to this, whatever the displays are: a device whose range changed would have to be unplugged. */
export const AXIS_MAX = 32_767;

/** `struct input_event` on 64-bit systems: i64 seconds, i64 microseconds (both left 0), u16 type, u16 code, i32 value. */
export const RECORD_BYTES = 24;
const IS_LITTLE = endianness() === 'LE';

/** Records in the machine's own byte order, as the kernel takes them. */
export function encodeEvents(events: readonly InputEvent[]): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES * events.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  events.forEach(({ type, code, value }, index) => {
    const at = RECORD_BYTES * index;
    view.setUint16(at + 16, type, IS_LITTLE);
    view.setUint16(at + 18, code, IS_LITTLE);
    view.setInt32(at + 20, value, IS_LITTLE);
  });
  return bytes;
}
