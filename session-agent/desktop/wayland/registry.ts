import type { wlRegistry } from '#protocol/wayland/core.ts';
import type { Interface } from '#protocol/wayland/interface.ts';
import { AgentError } from '#shared/errors.ts';
import type { WaylandConnection } from './connection.ts';
import type { WaylandObject } from './object.ts';

/** More than any compositor has; further ones are passed over. */
const MAX_GLOBALS = 1024;

/** Something that a compositor offers: a manager, a seat, an output. */
export interface Global {
  /** A number that is given once. */
  readonly name: number;
  readonly interface: string;
  readonly version: number;
}

export interface GlobalsListener {
  appeared?(global: Global): void;
  gone?(global: Global): void;
}

/** What a compositor offers, and the coming and going of it. */
export class Registry {
  readonly #globals = new Map<number, Global>();
  readonly #listeners = new Set<GlobalsListener>();
  readonly #registry: WaylandObject<typeof wlRegistry>;

  private constructor(private readonly connection: WaylandConnection) {
    this.#registry = connection.display.send('get_registry', {});
    this.#registry.listen({
      global: (global) => this.#appeared(global),
      global_remove: ({ name }) => this.#gone(name),
    });
  }

  /** Knows everything that is offered now. @throws {AgentError} as `roundTrip` */
  static async of(connection: WaylandConnection, timeoutMs?: number): Promise<Registry> {
    const registry = new Registry(connection);
    await connection.roundTrip(timeoutMs);
    return registry;
  }

  /** Those of one interface, oldest first. */
  all(of: Pick<Interface, 'name'>): readonly Global[] {
    return [...this.#globals.values()].filter((global) => global.interface === of.name);
  }

  has(of: Pick<Interface, 'name'>): boolean {
    return this.all(of).length > 0;
  }

  /**
   * The first global of an interface, in the newest version that both sides know.
   * @throws {AgentError} 'unsupported' when it is not offered
   */
  bindFirst<const I extends Interface>(of: I): WaylandObject<I> {
    const [global] = this.all(of);
    if (global === undefined) throw new AgentError('unsupported', `the compositor has no ${of.name}`);
    return this.bind(global, of);
  }

  bind<const I extends Interface>(global: Global, of: I): WaylandObject<I> {
    const version = Math.min(global.version, of.version);
    const object = this.connection.create(of, version);
    this.#registry.send('bind', { name: global.name, interface: of.name, version, id: object.id });
    return object;
  }

  listen(listener: GlobalsListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #appeared(global: Global): void {
    if (this.#globals.size >= MAX_GLOBALS) return;
    this.#globals.set(global.name, global);
    for (const listener of [...this.#listeners]) listener.appeared?.(global);
  }

  #gone(name: number): void {
    const global = this.#globals.get(name);
    if (global === undefined) return;
    this.#globals.delete(name);
    for (const listener of [...this.#listeners]) listener.gone?.(global);
  }
}
