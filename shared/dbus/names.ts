/** Who owns a service's name now; `unknown` until the bus has said it. */
type Owner = { readonly known: false } | { readonly known: true; readonly owner: string | undefined };

type Listener = (owner: string | undefined) => void;

interface Entry {
  owner: Owner;
  /** Subscriptions and watches that need the name. */
  references: number;
  readonly listeners: Set<Listener>;
}

const UNKNOWN: Owner = { known: false };

/** The owners of the names that somebody here cares for. Fed by whoever talks to the bus. */
export class NameTable {
  readonly #entries = new Map<string, Entry>();

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** @returns true if the name is new: ask the bus about it */
  add(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.references++;
    else this.#entries.set(name, { owner: UNKNOWN, references: 1, listeners: new Set() });
    return entry === undefined;
  }

  /** @returns true if nobody needs the name any more */
  release(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || --entry.references > 0) return false;
    return this.#entries.delete(name);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Whether a message of `sender`, a unique name, comes from the service `name`. */
  isFrom(sender: string, name: string): boolean {
    if (sender === name) return true;
    const entry = this.#entries.get(name);
    return entry?.owner.known === true && entry.owner.owner === sender;
  }

  listen(name: string, listener: Listener): Disposable {
    const entry = this.#entries.get(name);
    entry?.listeners.add(listener);
    return { [Symbol.dispose]: () => entry?.listeners.delete(listener) };
  }

  /** @returns undefined while it is not known whether there is an owner */
  ownerOf(name: string): { readonly owner: string | undefined } | undefined {
    const owner = this.#entries.get(name)?.owner;
    return owner?.known ? owner : undefined;
  }

  set(name: string, owner: string | undefined): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    const before = entry.owner;
    entry.owner = { known: true, owner };
    if (before.known && before.owner === owner) return;
    for (const listener of [...entry.listeners]) listener(owner);
  }

  /** The bus is away: nobody owns anything. */
  clear(): void {
    for (const name of [...this.#entries.keys()]) this.set(name, undefined);
  }
}
