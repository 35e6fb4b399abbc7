import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load(null);
const grantpt: (fd: number) => number = libc.func('int grantpt(int fd)');
const unlockpt: (fd: number) => number = libc.func('int unlockpt(int fd)');
const ptsname: (fd: number) => string | null = libc.func('const char *ptsname(int fd)');

/** A pseudo terminal: the test is the host on `host`, the agent opens `path`. */
export class TerminalPair implements Disposable {
  readonly host: number;
  readonly path: string;

  constructor() {
    this.host = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const name = grantpt(this.host) === 0 && unlockpt(this.host) === 0 ? ptsname(this.host) : null;
    if (name === null) throw new Error('no pseudo terminal');
    this.path = name;
  }

  [Symbol.dispose](): void {
    closeSync(this.host);
  }
}
