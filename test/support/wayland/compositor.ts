import { closeSync } from 'node:fs';
import path from 'node:path';
import { wlDisplay, wlRegistry, wlSeat } from '#protocol/wayland/core.ts';
import { type DataControl, extDataControl, zwlrDataControl } from '#protocol/wayland/data-control.ts';
import type { Interface } from '#protocol/wayland/interface.ts';
import {
  decodeArguments,
  encodeMessage,
  FIRST_SERVER_ID,
  type Frame,
  Frames,
  type WireValue,
} from '#protocol/wayland/wire.ts';
import { WaylandSocket } from '#session-agent/desktop/wayland/socket.ts';
import { type Watch, watchReadiness } from '#shared/native/readiness.ts';
import { acceptUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const FAMILIES = [extDataControl, zwlrDataControl];
const SELECTIONS = ['selection', 'primary_selection'] as const;
type Slot = (typeof SELECTIONS)[number];

interface Global {
  readonly of: Interface;
  readonly version: number;
}

interface Source {
  readonly client: Client;
  readonly id: number;
  readonly names: string[];
}

/**
 * A compositor that has seats and clipboards and nothing else, for what Debian's do not have: ext-data-control, globals that
 * come and go, devices that are finished, and bytes that are wrong. wl-clipboard is at home in it too.
 */
export class TestCompositor implements Disposable {
  readonly env: Readonly<Record<string, string>>;
  readonly clients = new Set<Client>();
  readonly #folder = temporaryFolder();
  readonly #listener: number;
  readonly #watch: Watch;
  readonly #globals = new Map<number, Global>();
  #lastName = 0;
  readonly #selections = new Map<Slot, Source>();

  /** @param versions of those that are not offered in their newest */
  constructor(globals: readonly Interface[], versions: ReadonlyMap<Interface, number> = new Map()) {
    const XDG_RUNTIME_DIR = this.#folder.path;
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: XDG_RUNTIME_DIR,
      XDG_RUNTIME_DIR,
      WAYLAND_DISPLAY: 'wayland-test',
    };
    for (const of of globals) {
      this.#globals.set(++this.#lastName, { of, version: versions.get(of) ?? of.version });
    }
    this.#listener = listenUnix(this.path, 8);
    this.#watch = watchReadiness(this.#listener, () => {
      for (let fd = acceptUnix(this.#listener); fd !== undefined; fd = acceptUnix(this.#listener)) {
        this.clients.add(new Client(fd, this));
      }
    });
  }

  get path(): string {
    return path.join(this.#folder.path, 'wayland-test');
  }

  get globals(): ReadonlyMap<number, Global> {
    return this.#globals;
  }

  offer(of: Interface): void {
    const global = { of, version: of.version };
    this.#globals.set(++this.#lastName, global);
    for (const client of this.clients) client.tellGlobal(this.#lastName, global);
  }

  withdraw(of: Interface): void {
    for (const [name, one] of this.#globals) {
      if (one.of !== of) continue;
      this.#globals.delete(name);
      for (const client of this.clients) client.tellEverybody(wlRegistry, 'global_remove', [name]);
    }
  }

  /** As when the seat is unplugged. */
  finishDevices(): void {
    for (const client of this.clients) {
      for (const { device } of FAMILIES) client.tellEverybody(device, 'finished', []);
    }
  }

  /** Its clients lose their connections without a word; it listens on, as what keeps the socket of a real one does. */
  crash(): void {
    this.#selections.clear();
    for (const client of this.clients) client.socket.close();
    this.clients.clear();
  }

  select(slot: Slot, source: Source | undefined): void {
    const former = this.#selections.get(slot);
    if (source === undefined) this.#selections.delete(slot);
    else this.#selections.set(slot, source);
    former?.client.cancel(former.id);
    for (const client of this.clients) client.tellSelection(slot);
  }

  selected(slot: Slot): Source | undefined {
    return this.#selections.get(slot);
  }

  /** Somebody has gone, or has ended a source. */
  lose(client: Client, id?: number): void {
    for (const [slot, source] of this.#selections) {
      if (source.client !== client || (id !== undefined && source.id !== id)) continue;
      this.#selections.delete(slot);
      for (const one of this.clients) one.tellSelection(slot);
    }
  }

  [Symbol.dispose](): void {
    this.#watch.close();
    closeSync(this.#listener);
    for (const client of this.clients) client.socket.close();
    this.#folder[Symbol.dispose]();
  }
}

class Client {
  readonly socket: WaylandSocket;
  readonly #frames = new Frames();
  readonly #objects = new Map<number, Global>([[1, { of: wlDisplay, version: 1 }]]);
  readonly #sources = new Map<number, Source>();
  /** Of offers that this client was told of. */
  readonly #offered = new Map<number, Source>();
  readonly #free: number[] = [];
  #lastId = FIRST_SERVER_ID - 1;

  constructor(
    fd: number,
    private readonly compositor: TestCompositor,
  ) {
    this.socket = new WaylandSocket(fd, {
      onBytes: (bytes) => this.#frames.push(bytes, (frame) => this.#request(frame)),
      onLost: () => {
        compositor.clients.delete(this);
        compositor.lose(this);
      },
    });
  }

  tell(object: number, event: string, values: readonly WireValue[], fd?: number): void {
    const of = this.#objects.get(object)?.of;
    if (of === undefined) throw new Error(`no object ${object}`);
    const shape = Object.values(of.events[event]?.args ?? {});
    this.socket.send(encodeMessage(object, Object.keys(of.events).indexOf(event), shape, values), fd);
  }

  tellEverybody(of: Interface, event: string, values: readonly WireValue[]): void {
    for (const [id, one] of this.#objects) if (one.of === of) this.tell(id, event, values);
  }

  tellGlobal(name: number, { of, version }: Global): void {
    this.tellEverybody(wlRegistry, 'global', [name, of.name, version]);
  }

  tellSelection(slot: Slot): void {
    for (const family of FAMILIES) {
      for (const [id, { of }] of this.#objects) if (of === family.device) this.#tellDevice(id, family, slot);
    }
  }

  cancel(source: number): void {
    this.tell(source, 'cancelled', []);
  }

  #tellDevice(device: number, family: DataControl, slot: Slot): void {
    const version = this.#objects.get(device)?.version ?? 0;
    if (slot === 'primary_selection' && version < family.primarySince) return;
    const source = this.compositor.selected(slot);
    if (source === undefined) return this.tell(device, slot, [undefined]);
    const id = this.#free.pop() ?? ++this.#lastId;
    this.#objects.set(id, { of: family.offer, version });
    this.#offered.set(id, source);
    this.tell(device, 'data_offer', [id]);
    for (const name of source.names) this.tell(id, 'offer', [name]);
    this.tell(device, slot, [id]);
  }

  #request({ object, opcode, body }: Frame): void {
    const { of, version = 0 } = this.#objects.get(object) ?? {};
    const entry = of && Object.entries(of.requests)[opcode];
    if (of === undefined || entry === undefined) throw new Error(`no request ${opcode} of ${of?.name ?? object}`);
    const [name, shape] = entry;
    const args = Object.values(shape.args);
    const values = decodeArguments(body, args, (count) => this.socket.takeDescriptors(count));
    for (const [index, argument] of args.entries()) {
      if (typeof argument === 'object') this.#objects.set(Number(values[index]), { of: argument.creates, version });
    }
    this.#act(object, of, name, values);
    if (shape.destructor) this.#end(object);
  }

  #act(object: number, of: Interface, request: string, values: readonly WireValue[]): void {
    const [first, second] = values;
    switch (request) {
      case 'sync':
        this.tell(Number(first), 'done', [0]);
        return this.#end(Number(first));
      case 'get_registry':
        for (const [name, one] of this.compositor.globals) this.tellGlobal(name, one);
        return;
      case 'bind':
        return this.#bind(Number(first), Number(values[2]), Number(values[3]));
      case 'create_data_source':
        this.#sources.set(Number(first), { client: this, id: Number(first), names: [] });
        return;
      case 'offer':
        this.#sources.get(object)?.names.push(String(first));
        return;
      case 'get_data_device': {
        const family = FAMILIES.find(({ manager }) => manager === of);
        for (const slot of SELECTIONS) if (family !== undefined) this.#tellDevice(Number(first), family, slot);
        return;
      }
      case 'set_selection':
        return this.compositor.select('selection', this.#sources.get(Number(first)));
      case 'set_primary_selection':
        return this.compositor.select('primary_selection', this.#sources.get(Number(first)));
      case 'receive': {
        const source = this.#offered.get(object);
        if (source === undefined || !this.compositor.clients.has(source.client)) return closeSync(Number(second));
        return source.client.send(source.id, String(first), Number(second));
      }
    }
  }

  /** An application wants what this one offers. */
  send(source: number, name: string, fd: number): void {
    if (this.#objects.has(source)) this.tell(source, 'send', [name, fd], fd);
    else closeSync(fd);
  }

  #bind(name: number, version: number, id: number): void {
    const of = this.compositor.globals.get(name)?.of;
    if (of === undefined) return; // it has gone while the client asked for it
    this.#objects.set(id, { of, version });
    if (of !== wlSeat) return;
    this.tell(id, 'capabilities', [0]);
    this.tell(id, 'name', ['seat0']);
  }

  #end(id: number): void {
    this.#objects.delete(id);
    this.#offered.delete(id);
    if (this.#sources.delete(id)) this.compositor.lose(this, id);
    if (id >= FIRST_SERVER_ID) this.#free.push(id);
    else this.tell(1, 'delete_id', [id]);
  }
}
