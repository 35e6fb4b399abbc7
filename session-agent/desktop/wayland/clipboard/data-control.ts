import { randomBytes } from 'node:crypto';
import type { ClipboardType, Selection } from '#protocol/ipc/messages/clipboard.ts';
import { wlSeat } from '#protocol/wayland/core.ts';
import { type DataControl, extDataControl, zwlrDataControl } from '#protocol/wayland/data-control.ts';
import type { Content } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { ClipboardListener, ClipboardPort, Provide } from '../../backend.ts';
import { TYPES } from '../../content/targets.ts';
import type { WaylandConnection } from '../connection.ts';
import type { AnyObject, WaylandObject } from '../object.ts';
import type { Way } from '../way.ts';
import { Offered } from './offered.ts';
import { Offering } from './offering.ts';
import { Outgoing } from './outgoing.ts';
import { WaylandSelection } from './selection.ts';

/** Offers that the compositor may have begun and not yet put into a selection. */
const MAX_UNPLACED = 16;

function way(name: string, protocol: DataControl): Way<ClipboardPort> {
  return {
    name,
    globals: [protocol.manager.name, wlSeat.name],

    async open({ connection, registry, log }) {
      if (!registry.has(protocol.manager)) throw new AgentError('unsupported', 'not offered');
      if (!registry.has(wlSeat)) throw new AgentError('unsupported', 'the compositor has no seat');
      const manager = registry.bindFirst(protocol.manager);
      const device = manager.send('get_data_device', { seat: registry.bindFirst(wlSeat) });
      const clipboard = new DataControlClipboard(connection, protocol, manager, device, log);
      try {
        await connection.roundTrip(); // what is offered already is known then
      } catch (error) {
        clipboard[Symbol.dispose]();
        throw error;
      }
      return {
        port: clipboard,
        ended: clipboard.finished,
        [Symbol.asyncDispose]: async () => clipboard[Symbol.dispose](),
      };
    },
  };
}

export const extDataControlWay = way('ext-data-control', extDataControl);
export const wlrDataControlWay = way('wlr-data-control', zwlrDataControl);

/** The clipboard of a compositor that lets programs without a window have it. */
class DataControlClipboard implements ClipboardPort, Disposable {
  readonly types = TYPES;
  readonly selections: readonly Selection[];
  /** Resolves when the seat has gone that it belongs to. */
  readonly finished: Promise<string>;
  readonly #mark = `application/x-uga-${randomBytes(8).toString('hex')}`;
  readonly #outgoing = new Outgoing();
  readonly #unplaced = new Map<AnyObject, Offered>();
  readonly #selections: ReadonlyMap<Selection, WaylandSelection>;

  constructor(
    connection: WaylandConnection,
    protocol: DataControl,
    private readonly manager: WaylandObject<DataControl['manager']>,
    private readonly device: WaylandObject<DataControl['device']>,
    private readonly log: Log,
  ) {
    const settled = () => connection.roundTrip();
    const clipboard = new WaylandSelection(
      { set: ({ object }) => device.send('set_selection', { source: object }), settled },
      this.#mark,
    );
    const primary = new WaylandSelection(
      { set: ({ object }) => device.send('set_primary_selection', { source: object }), settled },
      this.#mark,
    );
    const hasPrimary = device.version >= protocol.primarySince;
    this.selections = hasPrimary ? ['clipboard', 'primary'] : ['clipboard'];
    const all = [
      ['clipboard', clipboard],
      ['primary', primary],
    ] as const;
    this.#selections = new Map(hasPrimary ? all : all.slice(0, 1));
    this.finished = new Promise((resolve) => {
      device.listen({
        data_offer: ({ id }) => this.#begun(id),
        selection: ({ id }) => clipboard.changed(this.#placed(id)),
        primary_selection: ({ id }) => primary.changed(this.#placed(id)),
        finished: () => {
          device.send('destroy', {});
          resolve("the clipboard's seat has gone");
        },
      });
    });
  }

  watch(listener: ClipboardListener): Disposable {
    for (const [name, selection] of this.#selections) {
      selection.watch({
        took: () => listener.took(name),
        copied: (types) => listener.copied(name, types),
        cleared: () => listener.cleared(name),
      });
    }
    return {
      [Symbol.dispose]: () => {
        for (const selection of this.#selections.values()) selection.watch(undefined);
      },
    };
  }

  async read(
    selection: Selection,
    type: ClipboardType,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Content | undefined> {
    return this.#selections.get(selection)?.read(type, maxBytes, signal);
  }

  async offer(selection: Selection, types: readonly ClipboardType[], provide: Provide): Promise<void> {
    const what = { types, provide, mark: this.#mark };
    await this.#selections
      .get(selection)
      ?.offer(
        (cancelled) => new Offering(this.manager.send('create_data_source', {}), what, this.#outgoing, cancelled),
      );
  }

  async withdraw(selection: Selection): Promise<void> {
    this.#selections.get(selection)?.withdraw();
  }

  [Symbol.dispose](): void {
    for (const selection of this.#selections.values()) selection[Symbol.dispose]();
    this.device.send('destroy', {});
    this.manager.send('destroy', {});
    this.#outgoing[Symbol.dispose]();
  }

  #begun(offer: WaylandObject<DataControl['offer']>): void {
    this.#unplaced.set(offer, new Offered(offer));
    const [oldest] = this.#unplaced;
    if (this.#unplaced.size <= MAX_UNPLACED || oldest === undefined) return;
    this.log.debug('the compositor offers and does not say where');
    this.#unplaced.delete(oldest[0]);
    oldest[1].destroy();
  }

  #placed(offer: AnyObject | undefined): Offered | undefined {
    if (offer === undefined) return undefined;
    const offered = this.#unplaced.get(offer);
    this.#unplaced.delete(offer);
    return offered;
  }
}
