import { messageOf } from '#shared/errors.ts';
import { integer } from '#shared/schema/record.ts';
import type { Bus } from './bus.ts';
import { DRIVER, DRIVER_PATH } from './rules.ts';
import { type Call, tuple, type Value } from './values.ts';

/** A call that somebody makes of us. */
export interface Question {
  readonly path: string;
  readonly interface: string | undefined;
  readonly member: string;
}

export interface Reply {
  readonly signature: string;
  readonly body: readonly Value[];
}

/** A signal of ours, to whoever listens. */
export interface Emission {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly Value[];
  /** ASCII that is sent in the place of as long a string at the body's end. A string cannot be wiped; what was sent of this is. */
  readonly ending?: Uint8Array;
}

/** A bus on which we are something, beside asking others. */
export interface OfferingBus extends Bus {
  /** @throws {AgentError} 'cancelled' the bus is away; 'invalid-argument' the body does not fit the signature */
  emit(signal: Emission): void;
  /** @param answer to a call of us; undefined for what there is not. At most one for the whole of its path's tree */
  serve(answer: (question: Question) => Reply | undefined): Disposable;
}

/** An object under a name of its own, which has signals and can be introspected, and no methods. */
export interface OfferedObject {
  readonly name: string;
  readonly path: string;
  /** Elements `<interface>` of the introspection format. */
  readonly interfaces: string;
}

/** Source: D-Bus specification, Message Bus Messages, RequestName. */
const DO_NOT_QUEUE = 4;
const PRIMARY_OWNER = 1;
const ALREADY_OWNER = 4;
const requested = tuple(integer(0, 0xffff_ffff));

/** Holds the name of an object whenever the bus is there and nobody else has it. */
export class Offer implements Disposable {
  readonly #bus: OfferingBus;
  readonly #object: OfferedObject;
  readonly #changed: () => void;
  readonly #subscriptions: readonly Disposable[];
  #obstacle: string | undefined = 'the bus is away';

  /** @param changed called after each change of `obstacle` */
  constructor(bus: OfferingBus, object: OfferedObject, changed: () => void) {
    this.#bus = bus;
    this.#object = object;
    this.#changed = changed;
    this.#subscriptions = [
      bus.serve((question) => introspect(object, question)),
      bus.onState((connected) => (connected ? void this.#claim() : this.#become('the bus is away'))),
      bus.watchName(object.name, (owner) => owner ?? void this.#claim()),
    ];
  }

  /** Why the name is not ours; undefined while it is. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /** @throws {AgentError} 'cancelled' the bus is away */
  emit(signal: Omit<Emission, 'path'>): void {
    this.#bus.emit({ ...signal, path: this.#object.path });
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    if (this.#obstacle === undefined) this.#bus.call(driver('ReleaseName', 's', this.#object.name)).catch(() => {});
    this.#obstacle = 'not offered any more';
  }

  /** When the name is free, or may be. */
  async #claim(): Promise<void> {
    if (!this.#bus.connected) return;
    const { name } = this.#object;
    try {
      const [code] = requested.read(await this.#bus.call(driver('RequestName', 'su', name, DO_NOT_QUEUE)), name);
      const isOurs = code === PRIMARY_OWNER || code === ALREADY_OWNER;
      this.#become(isOurs ? undefined : `another program has the name ${name} on the bus`);
    } catch (error) {
      this.#become(`the bus does not give the name ${name}: ${messageOf(error)}`);
    }
  }

  #become(obstacle: string | undefined): void {
    if (obstacle === this.#obstacle) return;
    this.#obstacle = obstacle;
    this.#changed();
  }
}

function driver(member: string, signature: string, ...body: readonly Value[]): Call {
  return { destination: DRIVER, path: DRIVER_PATH, interface: DRIVER, member, signature, body };
}

const DOCTYPE =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n' +
  ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n';
const INTROSPECTABLE =
  '<interface name="org.freedesktop.DBus.Introspectable">' +
  '<method name="Introspect"><arg name="xml" type="s" direction="out"/></method></interface>';

/** The object, and the way to it: each node on it has the next as its child. */
function introspect({ path, interfaces }: OfferedObject, question: Question): Reply | undefined {
  const isIntrospection =
    question.member === 'Introspect' &&
    (question.interface === undefined || question.interface === 'org.freedesktop.DBus.Introspectable');
  if (!isIntrospection) return undefined;
  if (question.path === path) return xml(`${INTROSPECTABLE}${interfaces}`);
  const parent = question.path === '/' ? '/' : `${question.path}/`;
  if (!path.startsWith(parent)) return undefined;
  const [child] = path.slice(parent.length).split('/');
  return xml(`<node name="${child}"/>`);
}

function xml(inner: string): Reply {
  return { signature: 's', body: [`${DOCTYPE}<node>${inner}</node>\n`] };
}
