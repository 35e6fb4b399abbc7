import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { AgentError } from '#shared/errors.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { lockFile } from '#shared/native/file-lock.ts';

/**
 * The process id of a daemon in a file that is locked for as long as the daemon lives, so that there is one daemon a
 * file. Words and lock are those of QEMU's qemu_write_pidfile().
 */
export class PidFile {
  private constructor(
    private readonly path: string,
    private readonly fd: number,
  ) {}

  /** @throws {AgentError} 'refused' when another process has it, 'failed' when it cannot be made */
  static claim(path: string): PidFile {
    for (;;) {
      const fd = open(path);
      try {
        lock(fd);
        if (isStill(path, fd)) {
          ftruncateSync(fd);
          writeSync(fd, `${process.pid}\n`);
          return new PidFile(path, fd);
        }
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      // Between open and lock the last daemon ended and removed it.
      closeSync(fd);
    }
  }

  /** Removes the file. */
  release(): void {
    if (isStill(this.path, this.fd)) unlinkSync(this.path);
    closeSync(this.fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_CREAT | constants.O_WRONLY, 0o600);
  } catch (cause) {
    throw new AgentError('failed', `Could not create '${path}': ${systemErrorText(cause)}`, { cause });
  }
}

function lock(fd: number): void {
  try {
    lockFile(fd);
  } catch (cause) {
    throw new AgentError('refused', `Cannot lock pid file: ${systemErrorText(cause)}`, { cause });
  }
}

function isStill(path: string, fd: number): boolean {
  const [named, open] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return named?.ino === open.ino && named.dev === open.dev;
}
