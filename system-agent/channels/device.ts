import { closeSync, constants, openSync } from 'node:fs';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import { hasMark } from '#shared/native/descriptor.ts';
import { watchFolder } from '#shared/native/folder.ts';
import type { Watch } from '#shared/native/readiness.ts';
import { type DescriptorStore, noServiceManager } from '../service-manager/service-manager.ts';
import { StreamChannel } from './stream-channel.ts';

/** What one kind of device adds to the common course of `DeviceChannel`. */
export interface Device {
  /** Path to open; undefined while there is none. */
  locate(): string | undefined;
  /** Where it will appear. Folders that are missing themselves are left out. */
  readonly folders: readonly string[];
  /** Whether a name that appears in one of them can have to do with it. */
  concerns(name: string): boolean;
  /** After opening. May throw: the device is of no use then. */
  prepare(fd: number): void;
  /**
   * `tells`: the device knows whether a host has its end open, and stays ours when none has. `always`: it
   * cannot know; its end is the end of the device.
   */
  readonly host: 'tells' | 'always';
}

const OPEN_AGAIN_MS = [500, 10_000] as const;
/** A new port gets its node first and its name a moment later, for which there is no event without udev. */
const LOOK_AGAIN_MS = [50, 1_600] as const;
const LOOKS_PER_EVENT = 6;

/**
 * A character device of the guest: opened once and held until it is unplugged. A second open to see whether a host has
 * come would show the host an agent that dies. One that a former run has kept is taken over as it is, unless that run
 * died in the middle of something: then the host is to learn of it. docs/decisions/0021-restart-without-a-disconnect.md
 */
export class DeviceChannel extends StreamChannel {
  readonly #device: Device;
  readonly #store: DescriptorStore;
  readonly #backoff = new Backoff(...OPEN_AGAIN_MS);
  readonly #looks = new Backoff(...LOOK_AGAIN_MS);
  #looksLeft = 0;
  #watches: Watch[] = [];
  #again: NodeJS.Timeout | undefined;

  /** @param store keeps the device for the next run, if that can tell from the device whether its host is there */
  constructor(description: string, device: Device, log: Log, store: DescriptorStore) {
    super(description, log);
    this.#device = device;
    this.#store = device.host === 'tells' ? store : noServiceManager;
  }

  protected override start(): void {
    const kept = this.#store.take(this.description);
    if (kept === undefined) this.#attempt();
    else this.#takeOver(kept);
  }

  protected override stop(): void {
    clearTimeout(this.#again);
    this.#unwatch();
  }

  #takeOver(fd: number): void {
    try {
      if (hasMark(fd)) {
        closeSync(fd);
        throw new AgentError('failed', 'the last run ended in the middle of something, the host is to begin anew');
      }
      this.#attach(fd);
      this.enter('waiting');
    } catch (error) {
      this.#store.forget(this.description);
      this.#retry(error);
    }
  }

  #attempt(): void {
    clearTimeout(this.#again);
    this.#watch(); // before looking, or what appears in between is missed
    try {
      const path = this.#device.locate();
      if (path === undefined) return this.#lookLater('no such device');
      this.#take(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return this.#lookLater(error);
      return this.#retry(error);
    }
    this.#unwatch();
    this.#backoff.reset();
    this.enter(this.#device.host === 'tells' ? 'waiting' : 'connected');
  }

  #take(path: string): void {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      this.#device.prepare(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#attach(fd);
    this.#store.keep(this.description, fd);
  }

  /** @throws {Error} errno error; `fd` is closed then */
  #attach(fd: number): void {
    const tells = this.#device.host === 'tells';
    const events = {
      ...this.passOn(),
      present: () => this.enter('connected'),
      ended: (gone: boolean) => {
        if (!tells) this.giveUp('the line was hung up');
        else if (gone) this.enter('waiting');
      },
      failed: (error: unknown) => this.giveUp(error),
    };
    this.attach(fd, events, { device: true, ...(tells && { isAtRest: () => this.isAtRest }) });
  }

  /** Unplugged, the other end of a pty is closed for good, or a reset. */
  protected override giveUp(reason: unknown): void {
    this.#store.forget(this.description);
    this.detach('missing', reason);
    if (this.state === 'missing') this.#retry(reason);
  }

  #retry(reason: unknown): void {
    this.#again = setTimeout(() => this.#attempt(), this.#backoff.next());
    this.enter(errnoOf(reason) === 'EBUSY' ? 'busy' : 'missing', reason);
  }

  #lookLater(reason: unknown): void {
    if (this.#looksLeft > 0) {
      this.#looksLeft--;
      this.#again = setTimeout(() => this.#attempt(), this.#looks.next());
    } else if (this.#watches.length === 0) {
      this.#again = setTimeout(() => this.#attempt(), this.#backoff.next());
    }
    this.enter('missing', reason);
  }

  #watch(): void {
    this.#unwatch();
    for (const folder of this.#device.folders) {
      try {
        this.#watches.push(watchFolder(folder, (name) => this.#onName(name)));
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT')
          this.log.debug('folder cannot be watched', { folder, reason: messageOf(error) });
      }
    }
  }

  #unwatch(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  #onName(name: string): void {
    if (!this.#device.concerns(name)) return;
    this.#looksLeft = LOOKS_PER_EVENT;
    this.#looks.reset();
    this.#attempt();
  }
}
