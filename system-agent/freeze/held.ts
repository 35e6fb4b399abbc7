import { AgentError } from '#shared/errors.ts';
import { whenAborted } from '#shared/lifecycle/aborted.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import type { FreezeDescription } from './freeze.ts';
import type { FileSystem } from './plan.ts';
import type { FreezeSystem, Guard, GuardEvents } from './system.ts';

interface Held {
  readonly fileSystem: FileSystem;
  readonly fd: number;
  frozen: boolean;
}

/**
 * The file systems of one freeze: open descriptors, and a guard that has copies of them. Once they are guarded, freezing
 * and thawing use only what is here (F2).
 */
export class HeldFileSystems {
  readonly #system: FreezeSystem;
  /** In the order of freezing. */
  readonly #all: Held[] = [];
  #guard: Guard | undefined;
  /** The call of the kernel that nothing can end. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(system: FreezeSystem) {
    this.#system = system;
  }

  get count(): number {
    return this.#all.length;
  }

  get frozenCount(): number {
    return this.#all.filter(({ frozen }) => frozen).length;
  }

  describe(): FreezeDescription['fileSystems'] {
    return this.#all.map(({ fileSystem, frozen }) => ({ ...nameOf(fileSystem), frozen }));
  }

  /**
   * Opens one more, to be frozen after the others.
   * @param frozen it is already
   * @returns false when other mounts hide it
   * @throws {AgentError} 'failed', with qemu-ga's words
   */
  async add(fileSystem: FileSystem, frozen = false): Promise<boolean> {
    const fd = await this.#system.open(fileSystem);
    if (fd === undefined) return false;
    this.#all.push({ fileSystem, fd, frozen });
    return true;
  }

  /** From now on they are thawed `seconds` from now, and when this process ends. @throws {AgentError} */
  async guard(seconds: number, events: GuardEvents): Promise<void> {
    const guard = this.#system.startGuard(events);
    this.#guard = guard;
    const folder = this.#system.openRecordFolder();
    try {
      await guard.recordIn(folder);
    } finally {
      this.#system.close(folder);
    }
    await guard.lease(seconds);
    for (const { fd } of this.#all) await guard.hold(fd);
  }

  /** @param seconds from now. @throws {AgentError} when the guard is gone */
  async lease(seconds: number): Promise<void> {
    await this.#guard?.lease(seconds);
  }

  /**
   * One after the other.
   * @throws {AgentError} 'failed', with qemu-ga's words; or the signal's reason, while a call may still be under way
   */
  async freeze(signal: AbortSignal): Promise<void> {
    for (const held of this.#all) {
      signal.throwIfAborted();
      const freezing = this.#freezeOne(held);
      this.#underWay = freezing.catch(() => {});
      await Promise.race([freezing, whenAborted(signal)]);
    }
  }

  async #freezeOne(held: Held): Promise<void> {
    try {
      held.frozen = await this.#system.freeze(held.fd);
    } catch (error) {
      const text = `failed to freeze ${nameOf(held.fileSystem).mountPoint}: ${systemErrorText(error)}`;
      throw new AgentError('failed', text, { cause: error });
    }
  }

  /** Lets go of all. Never rejects. @returns file systems that were frozen */
  async thaw(): Promise<number> {
    let count = await this.#thawEach();
    await this.#underWay; // what was being frozen was not frozen yet when it was thawed
    count += await this.#thawEach();
    await this.#guard?.forget().catch(() => {}); // one that is gone has forgotten
    this.#guard?.close();
    this.#guard = undefined;
    for (const { fd } of this.#all) this.#system.close(fd);
    return count;
  }

  /** The outer file systems first. */
  async #thawEach(): Promise<number> {
    let count = 0;
    for (const held of this.#all.toReversed()) {
      if (await this.#system.thaw(held.fd)) count++;
      held.frozen = false;
    }
    return count;
  }
}

/** How people and hosts know it. */
export function nameOf({ mountPoints, type }: FileSystem): { readonly mountPoint: string; readonly type: string } {
  return { mountPoint: mountPoints[0]?.text ?? '', type };
}
