import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { HeldFileSystems } from './held.ts';
import type { FreezeSystem } from './system.ts';

interface Parts {
  readonly system: FreezeSystem;
  readonly log: Log;
}

/** Thaws file systems that nobody guards: those that others have frozen, or an earlier agent. @returns how many were frozen */
export async function thawOthers({ system, log }: Parts): Promise<number> {
  let count = 0;
  for (const fileSystem of system.plan().fileSystems.toReversed()) {
    const fd = await orSkipped(log, () => system.open(fileSystem));
    if (fd === undefined) continue;
    if (await system.thaw(fd)) count++;
    system.close(fd);
  }
  return count;
}

/** Takes all that can be frozen for frozen: who has done it has left no list. */
export async function holdOthers(held: HeldFileSystems, { system, log }: Parts): Promise<void> {
  for (const fileSystem of system.plan().fileSystems) await orSkipped(log, () => held.add(fileSystem, true));
}

/** qemu-ga does the same: what cannot be opened is skipped. */
async function orSkipped<T>(log: Log, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    log.warn('a file system is left as it is', { reason: messageOf(error) });
    return undefined;
  }
}
