import type { Bus } from '#shared/dbus/bus.ts';
import type { Call, Value, Variant } from '#shared/dbus/values.ts';
import { AgentError } from '#shared/errors.ts';
import { CALL_MS } from '../../../../bus-calls.ts';
import type { Place } from '../../way.ts';
import type { Arranger, Sight } from '../arranger.ts';
import type { Plan } from '../scene.ts';
import { type MutterState, parseState } from './state.ts';

const NAME = 'org.gnome.Mutter.DisplayConfig';
const PATH = '/org/gnome/Mutter/DisplayConfig';
/** Until the next change: GNOME asks its user about those that shall stay. */
const TEMPORARY = 1;

/** How long it may take to learn who owns the name. */
const OWNER_MS = 5_000;

/** The displays of GNOME Shell and others that are made of Mutter. */
export class DisplayConfig implements Arranger {
  readonly ended: Promise<string>;
  readonly #subscriptions: readonly Disposable[];
  readonly #listeners = new Set<() => void>();

  constructor(private readonly bus: Bus) {
    const match = { sender: NAME, interface: NAME, member: 'MonitorsChanged', path: PATH };
    const changes = bus.subscribe(match, () => {
      for (const listener of [...this.#listeners]) listener();
    });
    let resolve: (why: string) => void = () => {};
    this.ended = new Promise((settle) => {
      resolve = settle;
    });
    const owner = bus.watchName(NAME, (now) => now === undefined && resolve(`${NAME} has gone from the bus`));
    this.#subscriptions = [changes, owner];
  }

  /** @throws {AgentError} 'unsupported' where Mutter is not there; 'cancelled' while the bus is away; as `readState` else */
  static async open({ bus, signal }: Pick<Place, 'bus' | 'signal'>): Promise<DisplayConfig> {
    if (bus === undefined) throw new AgentError('unsupported', 'no session bus');
    const owned = await isOwned(bus, signal);
    if (!bus.connected) throw new AgentError('cancelled', 'the session bus is away');
    if (!owned) throw new AgentError('unsupported', 'not on the session bus');
    await readState(bus);
    return new DisplayConfig(bus);
  }

  async look(): Promise<Sight> {
    const { serial, scene } = await readState(this.bus);
    return { scene, apply: (plan) => this.#apply(plan, serial) };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }

  async #apply({ settings }: Plan, serial: number): Promise<'done' | 'stale'> {
    const body: readonly Value[] = [serial, TEMPORARY, settings.map(asLogical), new Map()];
    try {
      await this.bus.call(callTo('ApplyMonitorsConfig', 'uua(iiduba(ssa{sv}))a{sv}', body), CALL_MS);
      return 'done';
    } catch (error) {
      if (!(error instanceof AgentError) || error.code === 'cancelled') throw error;
      // A state that is not the newest is refused in the same way as what is not allowed at all.
      const now = await readState(this.bus);
      if (now.serial === serial) throw error;
      return 'stale';
    }
  }
}

/** @throws {AgentError} as `Bus.call`; 'malformed'; 'unsupported' when it is not Mutter that has the name */
export async function readState(bus: Bus): Promise<MutterState> {
  return parseState(await bus.call(callTo('GetCurrentState'), CALL_MS));
}

async function isOwned(bus: Bus, signal: AbortSignal): Promise<boolean> {
  const needless: Disposable[] = [];
  const end = AbortSignal.any([signal, AbortSignal.timeout(OWNER_MS)]);
  try {
    return await new Promise((resolve) => {
      end.addEventListener('abort', () => resolve(false));
      needless.push(bus.watchName(NAME, (owner) => resolve(owner !== undefined)));
    });
  } finally {
    for (const one of needless) one[Symbol.dispose]();
  }
}

function callTo(member: string, signature?: string, body: readonly Value[] = []): Call {
  const call = { destination: NAME, path: PATH, interface: NAME, member };
  return signature === undefined ? call : { ...call, signature, body };
}

function asLogical({ head, mode, area, scale, transform, isPrimary }: Plan['settings'][number]): Value {
  const monitors = [[head.name, String(mode?.id), new Map<Value, Variant>()]];
  return [area.x, area.y, scale, transform, isPrimary, monitors];
}
