import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type EffectsWish, effectsReduce } from '#protocol/ipc/messages/effects.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { lockFile } from '#shared/native/file-lock.ts';
import type { SystemSide } from '../system-side.ts';
import { whyOf } from '../why.ts';
import { type Change, keepChanges, readChanges } from './changes.ts';
import type { DesktopSettings } from './desktops.ts';

export interface EffectsParts {
  readonly desktop: DesktopSettings;
  /** Folder of the user's state for what was changed. */
  readonly state: string;
  readonly link: SystemSide;
  readonly log: Log;
}

const AS_IT_WAS: EffectsWish = { wallpaper: false, smoothing: false, animation: false };

/**
 * Does without what a client does not want to be sent, in the desktop's own settings, and takes it back: when the client
 * wants it again or leaves, when the session is no longer served, when the link or this agent ends; after a crash the next
 * agent does. What the user has set meanwhile stays.
 */
export class EffectsService implements Service {
  readonly name = 'effects';
  readonly #parts: EffectsParts;
  readonly #file: string;
  #changes: readonly Change[] = [];
  /** One wish after the other: tools run for each. */
  #last: Promise<unknown> = Promise.resolve();
  #subscriptions: readonly Disposable[] = [];
  /** Settings are a user's, of all sessions: one agent at a time changes them. */
  #lock: number | undefined;

  constructor(parts: EffectsParts) {
    this.#parts = parts;
    this.#file = path.join(parts.state, `effects-${parts.desktop.name.toLowerCase()}`);
  }

  async start(): Promise<void> {
    const { link, desktop, log } = this.#parts;
    this.#lock = await this.#takeLock();
    if (this.#lock !== undefined) {
      this.#changes = await readChanges(this.#file).catch(() => []);
      if (this.#changes.length > 0) log.info('effects that an earlier agent has reduced are restored');
      void this.#want(AS_IT_WAS);
    }
    this.#subscriptions = [
      link.handle(effectsReduce, async (wish) => {
        this.#lock ??= await this.#takeLock(); // the former agent may have gone since
        if (this.#lock === undefined) return { by: undefined, why: 'another agent of this user has the effects' };
        const why = await this.#want(wish);
        return { by: desktop.tool.name, why };
      }),
      link.on(sessionRights, ({ served }) => {
        if (!served) void this.#want(AS_IT_WAS);
      }),
      link.onDown(() => void this.#want(AS_IT_WAS)),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#want(AS_IT_WAS);
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  /** @returns why something of it was not done. Never rejects. */
  #want(wish: EffectsWish): Promise<string | undefined> {
    const wanted = this.#last.then(async () => {
      try {
        await this.#restore(wish);
        return await this.#reduce(wish);
      } catch (error) {
        this.#parts.log.info('effects of the desktop were not changed', { why: messageOf(error) });
        return whyOf(messageOf(error));
      }
    });
    this.#last = wanted;
    return wanted;
  }

  async #restore(wish: EffectsWish): Promise<void> {
    const { tool } = this.#parts.desktop;
    for (const change of this.#changes) {
      if (isReduced(wish, change.effect)) continue;
      const { place, before, during } = change;
      try {
        if ((await tool.read(place)) === during) await tool.write(place, before);
      } catch (error) {
        // The desktop may be ending before us: it stays written down for the next agent.
        this.#parts.log.info('an effect was not restored', { place: place.join(' '), why: messageOf(error) });
        if (isHanging(error)) break;
        continue;
      }
      await this.#keep(this.#changes.filter((one) => one !== change));
    }
  }

  async #reduce(wish: EffectsWish): Promise<string | undefined> {
    const { tool, settings } = this.#parts.desktop;
    if (!Object.values(wish).includes(true)) return undefined;
    let why: string | undefined;
    for (const { effect, place, reduced } of await settings()) {
      if (!wish[effect] || this.#changes.some((one) => one.place.join('\n') === place.join('\n'))) continue;
      try {
        const before = await tool.read(place);
        if (before === reduced) continue;
        await this.#keep([...this.#changes, { effect, place, before, during: reduced }]);
        await tool.write(place, reduced);
      } catch (error) {
        why = whyOf(`${place.join(' ')}: ${messageOf(error)}`);
        if (isHanging(error)) break;
      }
    }
    return why;
  }

  /** Written down before it is done. */
  async #keep(changes: readonly Change[]): Promise<void> {
    this.#changes = changes;
    await keepChanges(this.#file, changes);
  }

  async #takeLock(): Promise<number | undefined> {
    let fd: number | undefined;
    try {
      await mkdir(this.#parts.state, { recursive: true, mode: 0o700 });
      fd = openSync(`${this.#file}.lock`, 'w', 0o600);
      lockFile(fd);
      return fd;
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      this.#parts.log.info('effects stay as they are', { why: messageOf(error) });
      return undefined;
    }
  }
}

/** Then the next setting would wait as long. */
function isHanging(error: unknown): boolean {
  return error instanceof AgentError && error.code === 'timeout';
}

function isReduced(wish: EffectsWish, effect: string): boolean {
  return (wish as Readonly<Record<string, boolean | undefined>>)[effect] === true;
}
