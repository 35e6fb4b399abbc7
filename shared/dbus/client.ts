import { AgentError, messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { text } from '#shared/schema/record.ts';
import { DEFAULT_CALL_TIMEOUT_MS, type SignalMatch } from './bus.ts';
import type { Connection } from './connection.ts';
import { NameTable } from './names.ts';
import type { Emission, OfferingBus, Question, Reply } from './offer.ts';
import { DRIVER, DRIVER_PATH, OWNER_CHANGED, ownerRule, ruleOf } from './rules.ts';
import { type Call, type Signal, tuple, type Value } from './values.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;
/** A bus that is lost sooner each time must not be asked ten times a second. */
const STABLE_MS = 5_000;

const busName = text(255);
const ownerChange = tuple(busName, busName, busName);
const ownerAnswer = tuple(busName);

interface Subscription {
  readonly match: SignalMatch;
  readonly listener: (signal: Signal) => void;
}

/**
 * The one way this project speaks D-Bus. Connects again for ever, with back-off, and restores every subscription before
 * it says that it is connected. dbus-next is loaded with the first connection.
 */
export class BusClient implements OfferingBus, Service {
  readonly name = 'bus';
  readonly #names = new NameTable();
  readonly #subscriptions = new Set<Subscription>();
  /** Match rule -> how many need it. */
  readonly #rules = new Map<string, number>();
  readonly #stateListeners = new Set<(connected: boolean) => void>();
  readonly #served = new Set<(question: Question) => Reply | undefined>();
  /** The last question for each name's owner, unless a signal has told it since. */
  readonly #asked = new Map<string, symbol>();
  readonly #backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #connection: Connection | undefined;
  #connected = false;
  #connectedAt = 0;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  #running = false;

  /** @param paths sockets of the bus, abstract ones with a leading NUL, tried in turn (address.ts) */
  constructor(
    private readonly paths: readonly string[],
    private readonly log: Log,
  ) {}

  get connected(): boolean {
    return this.#connected;
  }

  /** Does not wait for the bus. */
  async start(): Promise<void> {
    this.#running = true;
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#retry);
    this.#connection?.close();
  }

  onState(listener: (connected: boolean) => void): Disposable {
    this.#stateListeners.add(listener);
    return { [Symbol.dispose]: () => this.#stateListeners.delete(listener) };
  }

  async call(call: Call, timeoutMs = DEFAULT_CALL_TIMEOUT_MS): Promise<readonly Value[]> {
    if (this.#connection === undefined || !this.#connected) throw new AgentError('cancelled', 'the bus is away');
    return this.#connection.call(call, timeoutMs);
  }

  emit(signal: Emission): void {
    if (this.#connection === undefined || !this.#connected) throw new AgentError('cancelled', 'the bus is away');
    this.#connection.emit(signal);
  }

  serve(answer: (question: Question) => Reply | undefined): Disposable {
    this.#served.add(answer);
    return { [Symbol.dispose]: () => this.#served.delete(answer) };
  }

  subscribe(match: SignalMatch, listener: (signal: Signal) => void): Disposable {
    const subscription = { match, listener };
    this.#subscriptions.add(subscription);
    // The owner before the signals: no signal arrives from somebody who is not known yet.
    if (match.sender !== DRIVER) this.#needName(match.sender);
    this.#needRule(ruleOf(match));
    return {
      [Symbol.dispose]: () => {
        if (!this.#subscriptions.delete(subscription)) return;
        this.#releaseRule(ruleOf(match));
        if (match.sender !== DRIVER) this.#releaseName(match.sender);
      },
    };
  }

  watchName(name: string, listener: (owner: string | undefined) => void): Disposable {
    const guarded = (owner: string | undefined) => this.#guard(() => listener(owner));
    const known = this.#names.ownerOf(name);
    this.#needName(name);
    const listening = this.#names.listen(name, guarded);
    let disposed = false;
    if (known !== undefined) queueMicrotask(() => !disposed && guarded(this.#names.ownerOf(name)?.owner));
    return {
      [Symbol.dispose]: () => {
        if (disposed) return;
        disposed = true;
        listening[Symbol.dispose]();
        this.#releaseName(name);
      },
    };
  }

  async #connect(): Promise<void> {
    const path = this.paths[this.#attempts++ % Math.max(this.paths.length, 1)];
    if (path === undefined) {
      this.log.info('no bus to connect to');
      this.#names.clear();
      return;
    }
    const { Connection } = await import('./connection.ts');
    if (!this.#running) return;
    try {
      this.#connection = new Connection(path, {
        onOpen: () => this.#opened(),
        onSignal: (signal) => this.#deliver(signal),
        onCall: (question) => this.#answer(question),
        onLost: (reason) => this.#lost(reason),
      });
    } catch (error) {
      this.#lost(new AgentError('failed', messageOf(error), { cause: error }));
    }
  }

  #opened(): void {
    this.#connected = true;
    this.#connectedAt = performance.now();
    this.log.debug('connected to the bus');
    for (const name of this.#names.names) this.#askOwner(name);
    for (const rule of this.#rules.keys()) this.#addMatch(rule);
    for (const listener of [...this.#stateListeners]) this.#guard(() => listener(true));
  }

  #lost(reason: AgentError): void {
    const wasConnected = this.#connected;
    this.#connection = undefined;
    this.#connected = false;
    this.#names.clear();
    if (wasConnected) {
      for (const listener of [...this.#stateListeners]) this.#guard(() => listener(false));
    }
    if (!this.#running) return;
    if (wasConnected && performance.now() - this.#connectedAt > STABLE_MS) this.#backoff.reset();
    const retryMs = this.#backoff.next();
    const level = wasConnected || this.#attempts === 1 ? 'warn' : 'debug';
    this.log[level]('the bus is away', { reason: reason.message, retryMs });
    this.#retry = setTimeout(() => void this.#connect(), retryMs);
  }

  #deliver(signal: Signal): void {
    if (signal.sender === DRIVER && signal.member === OWNER_CHANGED.member) this.#ownerChanged(signal);
    for (const { match, listener } of [...this.#subscriptions]) {
      if (
        match.member === signal.member &&
        match.interface === signal.interface &&
        (match.path === undefined || match.path === signal.path) &&
        this.#names.isFrom(signal.sender, match.sender)
      ) {
        this.#guard(() => listener(signal));
      }
    }
  }

  #answer(question: Question): Reply | undefined {
    for (const answer of this.#served) {
      const reply = answer(question);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  #ownerChanged(signal: Signal): void {
    const [name, , owner] = ownerChange.read(signal.body, signal.member);
    this.#asked.delete(name);
    this.#names.set(name, owner === '' ? undefined : owner);
  }

  #needName(name: string): void {
    if (this.#names.add(name) && this.#connected) this.#askOwner(name);
  }

  #releaseName(name: string): void {
    if (this.#names.release(name) && this.#connected) this.#tellDriver('RemoveMatch', ownerRule(name));
  }

  #needRule(rule: string): void {
    const references = this.#rules.get(rule) ?? 0;
    this.#rules.set(rule, references + 1);
    if (references === 0 && this.#connected) this.#addMatch(rule);
  }

  #releaseRule(rule: string): void {
    const references = (this.#rules.get(rule) ?? 0) - 1;
    if (references > 0) {
      this.#rules.set(rule, references);
      return;
    }
    this.#rules.delete(rule);
    if (this.#connected) this.#tellDriver('RemoveMatch', rule);
  }

  #addMatch(rule: string): void {
    this.#tellDriver('AddMatch', rule);
  }

  /** Changes are asked for before the present owner, so that none falls between. */
  #askOwner(name: string): void {
    this.#addMatch(ownerRule(name));
    const connection = this.#connection;
    const question = Symbol(name);
    this.#asked.set(name, question);
    // A signal that came with the answer, or after it, has been heard before the answer is looked at, and is newer.
    const learn = (owner: string | undefined) => {
      if (connection !== this.#connection || this.#asked.get(name) !== question) return;
      this.#asked.delete(name);
      this.#names.set(name, owner);
    };
    this.#callDriver('GetNameOwner', name)
      .then((body) => ownerAnswer.read(body, name)[0])
      .then(learn, (error: unknown) => {
        if (this.#connected && !(error instanceof AgentError && error.code === 'not-found')) {
          this.log.warn('cannot learn who owns a name', { name, reason: messageOf(error) });
        }
        learn(undefined);
      });
  }

  #tellDriver(member: 'AddMatch' | 'RemoveMatch', rule: string): void {
    this.#callDriver(member, rule).catch((error: unknown) => {
      if (this.#connected) this.log.warn('the bus refuses a match rule', { member, rule, reason: messageOf(error) });
    });
  }

  #callDriver(member: string, argument: string): Promise<readonly Value[]> {
    return this.call({
      destination: DRIVER,
      path: DRIVER_PATH,
      interface: DRIVER,
      member,
      signature: 's',
      body: [argument],
    });
  }

  /** A listener's defect is its own: the bus goes on. */
  #guard(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.log.error('a listener of the bus failed', { error });
    }
  }
}
