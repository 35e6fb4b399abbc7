import { type ActKind, hostActs } from '#protocol/ipc/messages/notice.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { SessionAgent, SessionLink } from '../session-link/session-link.ts';
import { isUser } from '../sessions/classes.ts';
import { kindOf } from './kinds.ts';

/** What comes in so short a time is one notice. */
export const TOGETHER_MS = 2_000;
/** There is at most one in this time, whatever hosts do. */
export const EVERY_MS = 60_000;

/** Who knows what hosts did: the audit. */
export interface DoneRequests {
  /** Told of each request that was recorded and succeeded. */
  onDone(listener: (door: string, command: string) => void): Disposable;
}

/**
 * Tells the user at the screen what hosts do, in kinds and numbers, with no name of a file or program (decision 34). What happens while
 * nobody is served, or before a switch, is told to nobody: the audit log has it.
 */
export class HostNotices implements Service {
  readonly name = 'notices';
  readonly #done: DoneRequests;
  readonly #link: SessionLink;
  readonly #counts = new Map<ActKind, number>();
  /** Whom the counts are for; another object each time that a session becomes the served one. */
  #reader: SessionAgent | undefined;
  #waiting: Disposable | undefined;
  #listening: Disposable | undefined;

  constructor(done: DoneRequests, link: SessionLink) {
    this.#done = done;
    this.#link = link;
  }

  async start(): Promise<void> {
    this.#listening = this.#done.onDone((door, command) => this.#note(kindOf(door, command)));
  }

  async stop(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = undefined;
    this.#counts.clear();
  }

  #note(kind: ActKind | undefined): void {
    if (kind === undefined || !this.#findReader()) return;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#waiting ??= after(TOGETHER_MS, () => this.#tell());
  }

  /** @returns whether there is anybody to tell; counts for another one are gone then */
  #findReader(): boolean {
    const { served } = this.#link;
    const reader = served && isUser(served.session) && served.agent.has('notices') ? served.agent : undefined;
    if (reader !== this.#reader) this.#counts.clear();
    this.#reader = reader;
    return reader !== undefined;
  }

  #tell(): void {
    this.#waiting = undefined;
    if (!this.#findReader() || this.#counts.size === 0) return;
    this.#reader?.link.notify(hostActs, { acts: Array.from(this.#counts, ([kind, count]) => ({ kind, count })) });
    this.#counts.clear();
    this.#waiting = after(EVERY_MS, () => this.#tell());
  }
}
