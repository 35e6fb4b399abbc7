import type { Service } from '#shared/lifecycle/service.ts';
import type { Channel } from '../channels/channel.ts';
import type { DescriptorStore, ServiceManager } from './service-manager.ts';

/**
 * Tells the service manager how we are. The last part to be started and so the first to be stopped: it says `ready` when
 * every door is open, and `stopping` before the first one closes.
 */
export class Presence implements Service {
  readonly name = 'presence';
  readonly #manager: ServiceManager & Pick<DescriptorStore, 'forgetRest'>;
  readonly #channels: readonly (readonly [door: string, channel: Channel])[];
  #subscriptions: readonly Disposable[] = [];
  #beats: NodeJS.Timeout | undefined;

  /** @param channels of the doors, by the names of these; a door without one is off */
  constructor(
    manager: ServiceManager & Pick<DescriptorStore, 'forgetRest'>,
    channels: Readonly<Record<string, Channel | undefined>>,
  ) {
    this.#manager = manager;
    this.#channels = Object.entries(channels).flatMap(([door, channel]) => (channel ? [[door, channel] as const] : []));
  }

  async start(): Promise<void> {
    this.#manager.forgetRest();
    this.#subscriptions = this.#channels.map(([, channel]) => channel.onState(() => this.#tell()));
    this.#tell();
    this.#manager.ready();
    const { watchdogMs } = this.#manager;
    if (watchdogMs === undefined) return;
    // A timer of the loop that does the work: a loop that hangs beats no more. sd_watchdog_enabled(3) advises the half.
    this.#beats = setInterval(() => this.#manager.alive(), watchdogMs / 2);
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    if (this.#beats !== undefined) clearInterval(this.#beats);
    this.#beats = undefined;
    this.#manager.stopping();
  }

  /** As `qga connected, ovirt missing`: systemctl status shows it. */
  #tell(): void {
    this.#manager.status(this.#channels.map(([door, { state }]) => `${door} ${state}`).join(', '));
  }
}
