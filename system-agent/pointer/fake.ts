import { closeSync, constants, openSync } from 'node:fs';
import { errnoOf, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { encodeEvents, type InputEvent } from './input-event.ts';
import type { PointerDevice } from './pointer.ts';

/** A FIFO whose reader has not come yet. */
const NOBODY_READS = 'ENXIO';

/**
 * Appends records of `struct input_event` to an existing file or FIFO, for tests. Without a file or a reader they are
 * dropped; a frame is written whole or not at all, a FIFO takes that much at once. Source: pipe(7), PIPE_BUF
 */
export class FakePointerDevice implements PointerDevice {
  #fd: number | undefined;
  #hasWarned = false;

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  write(events: readonly InputEvent[]): boolean {
    try {
      this.#fd ??= openSync(this.path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
      return writeAvailable(this.#fd, encodeEvents(events)) > 0;
    } catch (error) {
      this.close(); // its reader has gone; the next frame tries anew
      this.#warn(error);
      return true;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #warn(error: unknown): void {
    if (this.#hasWarned || errnoOf(error) === NOBODY_READS || errnoOf(error) === 'EPIPE') return;
    this.#hasWarned = true;
    this.log.warn('pointer events cannot be written', { path: this.path, reason: messageOf(error) });
  }
}
