import { checked, libc } from './libc.ts';

/** Makes input devices of its own: Linux, include/uapi/linux/uinput.h. */
const ioctlNumber: (fd: number, request: number, value: number) => number = libc.func('ioctl', 'int', [
  'int',
  'unsigned long',
  'long',
]);
const ioctlBytes: (fd: number, request: number, bytes: Uint8Array) => number = libc.func('ioctl', 'int', [
  'int',
  'unsigned long',
  'void *',
]);

const INT_BYTES = 4;
/** _IO and _IOW of <asm-generic/ioctl.h>: 2 bits direction, 14 bits size, 8 bits 'U', 8 bits number. */
const io = (number: number) => (0x55 << 8) | number;
const iow = (number: number, size: number) => (1 << 30) | (size << 16) | io(number);

/** `struct uinput_setup`: four u16 of bus, vendor, product, version; char name[80]; u32 force feedback effects. */
const SETUP_BYTES = 92;
const NAME_AT = 8;
const NAME_BYTES = 80;
const BUS_VIRTUAL = 0x06;
/** `struct uinput_abs_setup`: u16 code, 2 bytes unused, i32 value, min, max, fuzz, flat, resolution. */
const AXIS_BYTES = 28;
const AXIS_MAX_AT = 12;

const UI_DEV_CREATE = io(1);
const UI_DEV_SETUP = iow(3, SETUP_BYTES);
const UI_ABS_SETUP = iow(4, AXIS_BYTES);
const UI_SET_EVBIT = iow(100, INT_BYTES);
const UI_SET_KEYBIT = iow(101, INT_BYTES);
const UI_SET_RELBIT = iow(102, INT_BYTES);
const UI_SET_ABSBIT = iow(103, INT_BYTES);

const EV_KEY = 1;
const EV_REL = 2;
const EV_ABS = 3;

export interface InputDevice {
  /** At most 79 bytes. */
  readonly name: string;
  readonly keys: readonly number[];
  readonly relative: readonly number[];
  /** Axes from 0 to `axisMax`. */
  readonly absolute: readonly number[];
  readonly axisMax: number;
}

/**
 * Turns an open /dev/uinput into the device; it lasts until `fd` is closed. Events are written to `fd`.
 * @throws {Error} errno error, EINVAL on kernels before 4.5
 */
export function createInputDevice(fd: number, device: InputDevice): void {
  const bits: readonly (readonly [request: number, type: number, codes: readonly number[]])[] = [
    [UI_SET_KEYBIT, EV_KEY, device.keys],
    [UI_SET_RELBIT, EV_REL, device.relative],
    [UI_SET_ABSBIT, EV_ABS, device.absolute],
  ];
  for (const [request, type, codes] of bits) {
    checked(ioctlNumber(fd, UI_SET_EVBIT, type), 'ioctl UI_SET_EVBIT');
    for (const code of codes) checked(ioctlNumber(fd, request, code), 'ioctl UI_SET_BIT');
  }
  for (const axis of device.absolute) {
    checked(ioctlBytes(fd, UI_ABS_SETUP, axisSetup(axis, device.axisMax)), 'ioctl UI_ABS_SETUP');
  }
  checked(ioctlBytes(fd, UI_DEV_SETUP, deviceSetup(device.name)), 'ioctl UI_DEV_SETUP');
  checked(ioctlNumber(fd, UI_DEV_CREATE, 0), 'ioctl UI_DEV_CREATE');
}

function deviceSetup(name: string): Uint8Array {
  const setup = Buffer.alloc(SETUP_BYTES);
  new Uint16Array(setup.buffer, setup.byteOffset, 1)[0] = BUS_VIRTUAL;
  setup.write(name, NAME_AT, NAME_BYTES - 1); // with a NUL behind it
  return setup;
}

function axisSetup(code: number, max: number): Uint8Array {
  const setup = new DataView(new ArrayBuffer(AXIS_BYTES));
  const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  setup.setUint16(0, code, isLittle);
  setup.setInt32(AXIS_MAX_AT, max, isLittle);
  return new Uint8Array(setup.buffer);
}
