import { AgentError, messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { AuditDescription, AuditLog } from './audit.ts';
import type { Head, Members } from './chain.ts';
import type { LogFile } from './log-file.ts';

/** Records that wait while nothing can be written; a frozen guest is quiet. */
const MAX_WAITING = 2_000;
/** A disk that failed is not asked at every request. */
const RETRY_MS = 1_000;
/** How long at most a count waits for its record. A guest that nobody polls is not woken. */
const COUNTS_MS = 10 * 60_000;

/** What happens to requests that cannot be recorded. */
export type OnFailure = 'continue' | 'deny';

interface Waiting {
  /** Called when it is written: numbers of earlier records are known by then. */
  readonly members: () => Members;
  readonly written: (n: number) => void;
}

/**
 * The one log of the agent. Records are written at once and in order; while file systems are frozen, or the disk does not
 * take them, they wait in memory, so many and no more, and what was lost is said (F2).
 */
export class AuditTrail implements AuditLog, Service {
  readonly name = 'audit';
  readonly #file: LogFile;
  readonly #log: Log;
  readonly onFailure: OnFailure;
  #waiting: Waiting[] = [];
  #lost = 0;
  #isHeld = false;
  #why: string | undefined;
  #retryAt = 0;
  #counts = new Map<string, number>();
  #countedSince = '';
  #countsDue: NodeJS.Timeout | undefined;
  readonly #onFailed = new Set<(reason: string) => void>();
  readonly #onDone = new Set<(door: string, command: string) => void>();

  constructor(file: LogFile, onFailure: OnFailure, log: Log) {
    this.#file = file;
    this.onFailure = onFailure;
    this.#log = log;
  }

  /** Never fails: what cannot be written now may be later, and a guest without an agent is no safer. */
  async start(): Promise<void> {
    if (this.#isHeld) return; // file systems were found frozen: opened with the first record after the thaw
    try {
      this.#file.open();
    } catch (error) {
      this.#failed(error);
    }
  }

  async stop(): Promise<void> {
    this.#writeCounts();
    this.#file.close();
  }

  /** @returns whether it is written, or will be once the file systems are thawed */
  record(members: () => Members, written: (n: number) => void = () => {}): boolean {
    const at = new Date().toISOString();
    const one = { members: () => ({ at, ...members() }), written };
    if (this.#waiting.length >= MAX_WAITING) this.#flush();
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost++;
      return false;
    }
    this.#waiting.push(one);
    this.#flush();
    return this.#isHeld || this.#waiting.length === 0;
  }

  /** One more of what is not worth a record each. @param key one of few */
  count(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (this.#countsDue !== undefined) return;
    this.#countedSince = new Date().toISOString();
    this.#countsDue = setTimeout(() => this.#writeCounts(), COUNTS_MS).unref();
  }

  /** @param listener called when it cannot be written from now on; it must not throw */
  onFailed(listener: (reason: string) => void): Disposable {
    this.#onFailed.add(listener);
    return { [Symbol.dispose]: () => this.#onFailed.delete(listener) };
  }

  /** @param listener called after each request that was recorded and succeeded; it must not throw */
  onDone(listener: (door: string, command: string) => void): Disposable {
    this.#onDone.add(listener);
    return { [Symbol.dispose]: () => this.#onDone.delete(listener) };
  }

  /** For the doors. */
  tellDone(door: string, command: string): void {
    for (const listener of this.#onDone) listener(door, command);
  }

  /** Brings what is written to the disk, without waiting for it. */
  sync(): void {
    if (!this.#isHeld && this.#waiting.length === 0) this.#file.sync((error) => this.#failed(error));
  }

  /** From now on nothing touches the disk. Idempotent. */
  shut(): void {
    this.#isHeld = true;
  }

  /** Idempotent. */
  open(): void {
    this.#isHeld = false;
    this.#flush();
  }

  head(): Head & { readonly waiting: number } {
    const { head } = this.#file;
    if (head === undefined) throw new AgentError('failed', `there is no audit log: ${this.#why ?? 'it is not open'}`);
    return { ...head, waiting: this.#waiting.length };
  }

  describe(): AuditDescription {
    return {
      state: this.#isHeld ? 'held' : this.#why === undefined ? 'writing' : 'failing',
      folder: this.#file.folder,
      count: this.#file.head?.count ?? 0,
      waiting: this.#waiting.length,
      lost: this.#lost,
      why: this.#why,
    };
  }

  #flush(): void {
    if (this.#isHeld || (this.#why !== undefined && performance.now() < this.#retryAt)) return;
    try {
      for (let one = this.#waiting[0]; one !== undefined; one = this.#waiting[0]) {
        one.written(this.#file.append(one.members()));
        this.#waiting.shift();
      }
      if (this.#lost > 0) {
        const records = this.#lost;
        this.#file.append({ at: new Date().toISOString(), kind: 'lost', records });
        this.#lost = 0;
        this.#log.warn('records of the audit were lost', { records });
      }
    } catch (error) {
      return this.#failed(error);
    }
    if (this.#why === undefined) return;
    this.#why = undefined;
    this.#log.info('the audit is written again');
  }

  #failed(error: unknown): void {
    this.#retryAt = performance.now() + RETRY_MS;
    const isNew = this.#why === undefined;
    this.#why = messageOf(error);
    if (!isNew) return;
    this.#log.error('the audit cannot be written', { error, requests: this.onFailure });
    for (const listener of this.#onFailed) listener(this.#why);
  }

  #writeCounts(): void {
    clearTimeout(this.#countsDue);
    this.#countsDue = undefined;
    if (this.#counts.size === 0) return;
    const [counts, since] = [Object.fromEntries(this.#counts), this.#countedSince];
    this.#counts = new Map();
    this.record(() => ({ kind: 'counts', since, counts }));
  }
}
