import type { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import { wlDisplay } from '#protocol/wayland/core.ts';
import { eventOf, type Interface, type NumberedShape, requestOf } from '#protocol/wayland/interface.ts';
import {
  decodeArguments,
  encodeMessage,
  FIRST_SERVER_ID,
  type Frame,
  Frames,
  type WireValue,
} from '#protocol/wayland/wire.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { type AnyObject, WaylandObject } from './object.ts';
import { WaylandSocket } from './socket.ts';

/** More at the same time than any compositor gives or we ask for. */
const MAX_OBJECTS = 16_384;
/** A compositor that takes longer hangs. */
const ANSWER_MS = 10_000;

type Known = WaylandObject;

/**
 * A client of a Wayland compositor: the objects of both sides, and what they say. Nothing in it polls. Whatever goes wrong
 * with it ends it as a whole, and then nothing of it has an effect any more.
 */
export class WaylandConnection implements Disposable {
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly lost: Promise<string>;
  readonly display: WaylandObject<typeof wlDisplay>;
  readonly #socket: WaylandSocket;
  readonly #log: Log;
  readonly #frames = new Frames();
  readonly #objects = new Map<number, Known>();
  /** Ids of ours that the compositor has given back. */
  readonly #free: number[] = [];
  #lastId = 0;
  readonly #waiting = new Set<(error: AgentError) => void>();
  #isAlive = true;
  #wasThrownOut = false;
  #resolveLost: (why: string) => void = () => {};

  /** @param fd connected, non-blocking; is taken over */
  constructor(fd: number, log: Log) {
    this.#log = log;
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
    this.#socket = new WaylandSocket(fd, {
      onBytes: (bytes) => this.#receive(bytes),
      onLost: (why) => {
        log.debug('the connection to the compositor has failed', { error: why });
        this.#wasThrownOut = why.code !== 'failed';
        this.#end(why.message);
      },
    });
    this.display = this.#create(wlDisplay, 1);
    this.display.listen({
      error: ({ object_id, code, message }) => {
        throw new AgentError(
          'refused',
          `the compositor refuses ${object_id?.of.name ?? 'a request'}: ${message} (${code})`,
        );
      },
      delete_id: ({ id }) => this.#forget(id),
    });
  }

  /** @throws {AgentError} 'failed' when nobody is there */
  static open(path: string, log: Log): WaylandConnection {
    let fd: number;
    try {
      fd = connectUnix(path);
    } catch (error) {
      throw new AgentError('failed', `Wayland compositor: ${messageOf(error)}`, { cause: error });
    }
    return new WaylandConnection(fd, log);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It has ended because of what one side said, and not because the compositor or the socket has. */
  get wasThrownOut(): boolean {
    return this.#wasThrownOut;
  }

  /**
   * The compositor has dealt with everything that was sent so far, and we with what it said meanwhile.
   * @throws {AgentError} 'timeout'; 'cancelled' the connection has ended
   */
  roundTrip(timeoutMs = ANSWER_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(deadline);
        this.#waiting.delete(fail);
      };
      const fail = (error: AgentError) => {
        settle();
        reject(error);
      };
      const deadline = setTimeout(() => fail(new AgentError('timeout', 'no answer from the compositor')), timeoutMs);
      if (!this.#isAlive) return fail(gone());
      this.#waiting.add(fail);
      this.display.send('sync', {}).listen({
        done: () => {
          settle();
          resolve();
        },
      });
    });
  }

  /** For the registry: an object of an interface that its request names. */
  create<const I extends Interface>(of: I, version: number): WaylandObject<I> {
    return this.#create(of, version);
  }

  /** For objects. */
  request(object: AnyObject & { readonly version: number }, name: string, args: object): AnyObject | undefined {
    const shape = requestOf(object.of, name);
    if (shape === undefined || (shape.since ?? 1) > object.version) {
      throw new AgentError('unsupported', `${object.of.name} has no ${name} in version ${object.version}`);
    }
    const given = args as Readonly<Record<string, unknown>>;
    const descriptor = descriptorIn(shape, given);
    const sender = this.#objects.get(object.id);
    const isUsable = sender === object && sender.isAlive;
    let created: WaylandObject | undefined;
    let bytes: Buffer;
    try {
      const values = Object.entries(shape.args).map(([key, argument]): WireValue => {
        if (typeof argument !== 'object') return toWire(given[key]);
        created = isUsable ? this.#create(argument.creates, object.version) : orphan(argument.creates, object.version);
        return created.id;
      });
      bytes = encodeMessage(object.id, shape.opcode, Object.values(shape.args), values);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      if (created !== undefined) this.#forget(created.id);
      throw error;
    }
    if (isUsable) this.#socket.send(bytes, descriptor);
    else if (descriptor !== undefined) closeSync(descriptor);
    if (shape.destructor && isUsable) sender.end();
    return created;
  }

  [Symbol.dispose](): void {
    this.#end('it was closed');
  }

  #create<const I extends Interface>(of: I, version: number): WaylandObject<I> {
    const id = this.#free.pop() ?? ++this.#lastId;
    return this.#add(id, of, version);
  }

  #add<const I extends Interface>(id: number, of: I, version: number): WaylandObject<I> {
    if (this.#objects.size >= MAX_OBJECTS) throw new AgentError('refused', 'too many Wayland objects');
    const object = new WaylandObject(this, id, of, version);
    this.#objects.set(id, object as unknown as Known);
    return object;
  }

  /** The compositor will not say anything of it any more. */
  #forget(id: number): void {
    if (id >= FIRST_SERVER_ID || !this.#objects.has(id)) return;
    this.#objects.get(id)?.end();
    this.#objects.delete(id);
    this.#free.push(id);
  }

  #receive(bytes: Buffer): void {
    this.#frames.push(bytes, (frame) => {
      if (this.#isAlive) this.#event(frame);
    });
  }

  #event({ object: id, opcode, body }: Frame): void {
    const object = this.#objects.get(id);
    // Of an object that nobody knows there may be no event; libwayland passes over it, and so do compositors' tests.
    if (object === undefined) return this.#log.debug('event of an unknown Wayland object', { id, opcode });
    const shape = eventOf(object.of, opcode);
    if (shape === undefined) throw new AgentError('malformed', `${object.of.name} has no event ${opcode}`);
    const values = decodeArguments(body, Object.values(shape.args), (count) => this.#socket.takeDescriptors(count));
    const args = this.#argumentsOf(shape, values, object.version);
    const listener = object.listenerOf(shape.name);
    if (listener === undefined) this.#discard(shape, args);
    else listener(args);
  }

  #argumentsOf(shape: NumberedShape, values: readonly WireValue[], version: number): Readonly<Record<string, unknown>> {
    try {
      return this.#resolve(shape, values, version);
    } catch (error) {
      for (const [index, argument] of Object.values(shape.args).entries()) {
        if (argument === 'fd') closeSync(Number(values[index]));
      }
      throw error;
    }
  }

  #resolve(shape: NumberedShape, values: readonly WireValue[], version: number): Readonly<Record<string, unknown>> {
    const entries = Object.entries(shape.args).map(([key, argument], index): readonly [string, unknown] => {
      const value = values[index];
      if (typeof argument === 'object') return [key, this.#adopt(Number(value), argument.creates, version)];
      if (argument !== 'object' && argument !== 'object?') return [key, value];
      const object = this.#objects.get(Number(value));
      return [key, object?.isAlive ? object : undefined];
    });
    return Object.fromEntries(entries);
  }

  /** An object that the compositor begins. It gives an id again only after we have ended the one before. */
  #adopt(id: number, of: Interface, version: number): WaylandObject {
    if (id < FIRST_SERVER_ID || this.#objects.get(id)?.isAlive) {
      throw new AgentError('malformed', `the compositor begins an object as ${id}`);
    }
    this.#objects.delete(id);
    return this.#add(id, of, version);
  }

  /** Of an event that nobody takes: descriptors are closed, and what it begins is ended. */
  #discard(shape: NumberedShape, args: Readonly<Record<string, unknown>>): void {
    for (const [key, argument] of Object.entries(shape.args)) {
      const value = args[key];
      if (argument === 'fd' && typeof value === 'number') closeSync(value);
      if (value instanceof WaylandObject && typeof argument === 'object' && 'destroy' in argument.creates.requests) {
        this.request(value, 'destroy', {});
      }
    }
  }

  #end(why: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#socket.close();
    for (const object of this.#objects.values()) object.end();
    this.#objects.clear();
    for (const fail of [...this.#waiting]) fail(gone());
    this.#resolveLost(why);
  }
}

function gone(): AgentError {
  return new AgentError('cancelled', 'the compositor is gone');
}

/** What a request begins that nobody hears. */
function orphan(of: Interface, version: number): WaylandObject {
  const object = new WaylandObject({ request: () => undefined }, 0, of, version);
  object.end();
  return object;
}

function descriptorIn(shape: NumberedShape, args: Readonly<Record<string, unknown>>): number | undefined {
  const key = Object.keys(shape.args).find((name) => shape.args[name] === 'fd');
  const value = key === undefined ? undefined : args[key];
  return typeof value === 'number' ? value : undefined;
}

function toWire(value: unknown): WireValue {
  if (typeof value === 'number' || typeof value === 'string' || value === undefined) return value;
  if (value instanceof Uint8Array) return value;
  return (value as AnyObject).id;
}
