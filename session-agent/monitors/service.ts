import { type MonitorsConfigure, monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { MonitorsPort, Outcome, WishOf } from '../desktop/backend.ts';
import type { SystemSide } from '../system-side.ts';

interface Wish {
  readonly wish: MonitorsConfigure;
  readonly of: WishOf;
  answer(outcome: Outcome): void;
}

/**
 * Applies what clients wish of the monitors, and what their device does. While a window is dragged a wish comes every few
 * milliseconds: one is applied at a time, and of those that wait only the newest.
 */
export class MonitorsService implements Service {
  readonly name = 'monitors';
  #handling: Disposable | undefined;
  #next: Wish | undefined;
  #applying = false;

  /** @param applied called after each wish that was looked at, also one without effect */
  constructor(
    private readonly port: Pick<MonitorsPort, 'configure'>,
    private readonly link: SystemSide,
    private readonly applied: () => void,
  ) {}

  async start(): Promise<void> {
    this.#handling = this.link.handle(monitorsConfigure, async (wish) => {
      const { applied, why } = await this.configure(wish);
      return { applied, why };
    });
  }

  async stop(): Promise<void> {
    this.#handling?.[Symbol.dispose]();
    this.#supersede(undefined);
  }

  configure(wish: MonitorsConfigure, of: WishOf = 'client'): Promise<Outcome> {
    return new Promise((answer) => {
      this.#supersede({ wish, of, answer });
      if (!this.#applying) void this.#applyAll();
    });
  }

  #supersede(wish: Wish | undefined): void {
    this.#next?.answer({ applied: false, why: 'there is a newer wish' });
    this.#next = wish;
  }

  async #applyAll(): Promise<void> {
    this.#applying = true;
    for (let now = this.#next; now !== undefined; now = this.#next) {
      this.#next = undefined;
      now.answer(await this.port.configure(now.wish, now.of));
      this.applied();
    }
    this.#applying = false;
  }
}
