import { checked, libc } from './libc.ts';

const tcgetattr: (fd: number, attributes: Uint32Array) => number = libc.func('int tcgetattr(int fd, void *attributes)');
const cfmakeraw: (attributes: Uint32Array) => void = libc.func('void cfmakeraw(void *attributes)');
const cfsetspeed: (attributes: Uint32Array, speed: number) => number = libc.func(
  'int cfsetspeed(void *attributes, unsigned int speed)',
);
const tcsetattr: (fd: number, when: number, attributes: Uint32Array) => number = libc.func(
  'int tcsetattr(int fd, int when, void *attributes)',
);
const tcflush: (fd: number, queue: number) => number = libc.func('int tcflush(int fd, int queue)');

/** Words of `struct termios` (60 bytes on Linux): input, output, control and local flags come first. <bits/termios.h> */
const WORDS = 32;
const INPUT_FLAGS = 0;
const CONTROL_FLAGS = 2;
const CREAD = 0o200;
const CLOCAL = 0o4000;
const B38400 = 0o17;
const TCSANOW = 0;
const TCIFLUSH = 0;

/**
 * Makes a serial line or pty a byte pipe: no echo, no signals, no mapping of line ends, no flow control characters,
 * modem lines ignored, 38400 baud; what was received before is thrown away.
 * @throws {Error} errno error, ENOTTY when `fd` is no terminal
 */
export function makeRaw(fd: number): void {
  const attributes = new Uint32Array(WORDS);
  checked(tcgetattr(fd, attributes), 'tcgetattr');
  cfmakeraw(attributes);
  attributes[INPUT_FLAGS] = 0; // cfmakeraw leaves IXOFF, which would put bytes of its own into the stream
  attributes[CONTROL_FLAGS] = (attributes[CONTROL_FLAGS] ?? 0) | CREAD | CLOCAL;
  checked(cfsetspeed(attributes, B38400), 'cfsetspeed');
  checked(tcsetattr(fd, TCSANOW, attributes), 'tcsetattr');
  checked(tcflush(fd, TCIFLUSH), 'tcflush');
}
