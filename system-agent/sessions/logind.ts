import type { Bus } from '#shared/dbus/bus.ts';
import type { Signal } from '#shared/dbus/values.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Log } from '#shared/log/log.ts';
import {
  getSession,
  listedSession,
  listSessions,
  propertiesChanged,
  readSession,
  SEAT,
  SERVICE,
  SESSION,
  sessionNamed,
  sessionNew,
  sessionRemoved,
} from './login1.ts';
import type { Session } from './sessions.ts';

const MAX_SESSIONS = 256;
const CALL_TIMEOUT_MS = 5_000;

interface Entry {
  readonly path: string;
  /** Undefined until it was read. */
  known?: { readonly session: Session; readonly seatPath: string };
  /** A read is under way, and with `again` another is wanted after it. */
  reading: boolean;
  again: boolean;
}

/**
 * logind's sessions, kept by its signals. A signal only says where to look: what counts is always read in one piece,
 * because logind does not announce every property (State) and several signals make up one change.
 */
export class Logind {
  /** By object path. */
  #entries = new Map<string, Entry>();
  readonly #backoff = new Backoff(1_000, 30_000);
  #subscriptions: Disposable[] = [];
  #listed = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param tell called after each change with all sessions, or with undefined when logind cannot tell */
  constructor(
    private readonly bus: Bus,
    private readonly log: Log,
    private readonly tell: (sessions: readonly Session[] | undefined) => void,
  ) {}

  start(): void {
    this.#subscriptions = [
      this.bus.subscribe(sessionNew, (signal) => this.#added(sessionNamed.read(signal.body, signal.member)[1])),
      this.bus.subscribe(sessionRemoved, (signal) => this.#removed(sessionNamed.read(signal.body, signal.member)[1])),
      this.bus.subscribe(propertiesChanged, (signal) => this.#changed(signal)),
      this.bus.watchName(SERVICE, (owner) => this.#owned(owner)),
    ];
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions = [];
    this.#forget();
  }

  #owned(owner: string | undefined): void {
    this.#forget();
    this.#backoff.reset();
    if (owner === undefined) this.tell(undefined);
    else void this.#readAll();
  }

  /** What is still under way belongs to the past: its entries are in no table any more. */
  #forget(): void {
    clearTimeout(this.#retry);
    this.#entries = new Map();
    this.#listed = false;
  }

  async #readAll(): Promise<void> {
    this.#forget();
    const entries = this.#entries;
    try {
      const [listed] = await this.bus.call(listSessions, CALL_TIMEOUT_MS);
      if (entries !== this.#entries) return;
      if (!Array.isArray(listed)) throw new AgentError('malformed', 'sessions are not a list');
      await Promise.all(listed.map((one) => this.#added(listedSession.read(one, 'session')[4])));
    } catch (error) {
      if (entries === this.#entries) this.#failed(error);
      return;
    }
    if (entries !== this.#entries) return;
    this.#listed = true;
    this.#backoff.reset();
    this.#publish();
  }

  /** Wrong or no answers: nothing is known, and asked again after a while. */
  #failed(error: unknown): void {
    this.#forget();
    const retryMs = this.#backoff.next();
    this.log.warn('logind does not tell its sessions', { reason: messageOf(error), retryMs });
    this.#retry = setTimeout(() => void this.#readAll(), retryMs);
    this.tell(undefined);
  }

  async #added(path: string): Promise<void> {
    if (this.#entries.has(path)) return;
    if (this.#entries.size >= MAX_SESSIONS) {
      this.log.warn('too many sessions, the others are left out', { limit: MAX_SESSIONS });
      return;
    }
    const entry: Entry = { path, reading: false, again: false };
    this.#entries.set(path, entry);
    await this.#read(entry);
  }

  #removed(path: string): void {
    if (this.#entries.delete(path)) this.#publish();
  }

  #changed(signal: Signal): void {
    const [what] = signal.body;
    if (what === SESSION) {
      const entry = this.#entries.get(signal.path);
      if (entry !== undefined) void this.#read(entry);
    } else if (what === SEAT) {
      for (const entry of this.#entries.values()) {
        if (entry.known === undefined || entry.known.seatPath === signal.path) void this.#read(entry);
      }
    }
  }

  /** Never rejects. Changes during a read cost one more read, however many they are. */
  async #read(entry: Entry): Promise<void> {
    entry.again = entry.reading;
    if (entry.reading) return;
    entry.reading = true;
    const isPresent = () => this.#entries.get(entry.path) === entry;
    try {
      do {
        entry.again = false;
        const known = readSession(await this.bus.call(getSession(entry.path), CALL_TIMEOUT_MS));
        if (!isPresent()) return;
        entry.known = known;
        this.#publish();
      } while (entry.again);
    } catch (error) {
      if (!isPresent()) return;
      this.#unread(entry, error);
    } finally {
      entry.reading = false;
    }
  }

  #unread(entry: Entry, error: unknown): void {
    switch (error instanceof AgentError ? error.code : undefined) {
      case 'not-found': // gone between its signal and our question
        return this.#removed(entry.path);
      case 'cancelled': // the bus is gone, and says so itself
        return;
      case 'malformed': // one that we do not understand does not take the others away
        delete entry.known;
        this.log.warn('a session is left out', { path: entry.path, reason: messageOf(error) });
        return this.#publish();
      default:
        return this.#failed(error);
    }
  }

  #publish(): void {
    if (!this.#listed) return;
    this.tell([...this.#entries.values()].flatMap(({ known }) => (known === undefined ? [] : [known.session])));
  }
}
