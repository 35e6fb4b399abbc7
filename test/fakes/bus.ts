import type { Bus, SignalMatch } from '#shared/dbus/bus.ts';
import type { Call, Signal, Value } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';

type OwnerListener = (owner: string | undefined) => void;

/** A bus without bytes: the test plays the services. */
export class FakeBus implements Bus {
  connected = true;
  /** Calls that were made, oldest first. */
  readonly calls: Call[] = [];
  /** Answers calls; may throw or never settle. */
  answer: (call: Call) => readonly Value[] | Promise<readonly Value[]> = () => {
    throw new AgentError('not-found', 'nobody answers');
  };
  readonly #owners = new Map<string, string>();
  readonly #watches = new Set<{ readonly name: string; readonly listener: OwnerListener }>();
  readonly #subscriptions = new Set<{ readonly match: SignalMatch; readonly listener: (signal: Signal) => void }>();
  readonly #stateListeners = new Set<(connected: boolean) => void>();

  get subscriptions(): number {
    return this.#subscriptions.size + this.#watches.size;
  }

  onState(listener: (connected: boolean) => void): Disposable {
    return addTo(this.#stateListeners, listener);
  }

  async call(call: Call): Promise<readonly Value[]> {
    this.calls.push(call);
    return this.answer(call);
  }

  subscribe(match: SignalMatch, listener: (signal: Signal) => void): Disposable {
    return addTo(this.#subscriptions, { match, listener });
  }

  watchName(name: string, listener: OwnerListener): Disposable {
    queueMicrotask(() => listener(this.#owners.get(name)));
    return addTo(this.#watches, { name, listener });
  }

  /** The service comes, changes hands or leaves. */
  setOwner(name: string, owner: string | undefined): void {
    if (owner === undefined) this.#owners.delete(name);
    else this.#owners.set(name, owner);
    for (const watch of this.#watches) if (watch.name === name) watch.listener(owner);
  }

  /** The bus goes, and every service with it, or it is back without them. */
  setConnected(connected: boolean): void {
    this.connected = connected;
    for (const name of [...this.#owners.keys()]) this.setOwner(name, undefined);
    for (const listener of this.#stateListeners) listener(connected);
  }

  /** A signal of the service `sender`. */
  emit(sender: string, path: string, iface: string, member: string, ...body: Value[]): void {
    const signal = { sender: this.#owners.get(sender) ?? sender, path, interface: iface, member, body };
    for (const { match, listener } of this.#subscriptions) {
      if (match.sender !== sender || match.interface !== iface || match.member !== member) continue;
      if (match.path === undefined || match.path === path) listener(signal);
    }
  }
}

function addTo<T>(set: Set<T>, item: T): Disposable {
  set.add(item);
  return { [Symbol.dispose]: () => set.delete(item) };
}
