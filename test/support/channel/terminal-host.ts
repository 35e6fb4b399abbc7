import { setTimeout as sleep } from 'node:timers/promises';
import { readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import type { HostEnd } from './driver.ts';
import { checkPattern, pattern } from './pattern.ts';

/** The host's end when it is the master of a pseudo terminal. */
export class TerminalHost implements HostEnd {
  readonly #fd: number;
  #isClosed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async send(offset: number, length: number): Promise<void> {
    const bytes = pattern(offset, length);
    for (let sent = 0; sent < length; ) {
      this.#check();
      const count = writeAvailable(this.#fd, bytes.subarray(sent));
      if (count === 0) await sleep(1);
      sent += count;
    }
  }

  async receive(offset: number, length: number): Promise<void> {
    const buffer = Buffer.alloc(Math.min(length, 64 * 1024));
    for (let received = 0; received < length; ) {
      this.#check();
      const count = readAvailable(this.#fd, buffer.subarray(0, length - received));
      if (count === undefined) {
        await sleep(1);
        continue;
      }
      checkPattern(buffer.subarray(0, count), offset + received);
      received += count;
    }
  }

  closed(): Promise<void> {
    throw new Error('a terminal has no connections');
  }

  async end(): Promise<void> {}

  /** The descriptor is its owner's; but nothing here touches it again, as its number may soon be another's. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #check(): void {
    if (this.#isClosed) throw new Error('the host has gone');
  }
}
