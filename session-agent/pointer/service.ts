import { type PointerLayout, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { PointerLayoutPort } from '../desktop/backend.ts';
import type { SystemSide } from '../system-side.ts';

/** Tells the system agent where the displays are: when the link is up, after each change, and when it is asked to. */
export class PointerService implements Service {
  readonly name = 'pointer';
  #subscriptions: Disposable[] = [];
  #sent: string | undefined;
  #reading = false;
  #readAgain = false;

  constructor(
    private readonly port: PointerLayoutPort,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#subscriptions = [this.link.onUp(() => this.report()), this.port.onChange(() => this.#look())];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) subscription[Symbol.dispose]();
  }

  /** Sends the layout even if it is the one that was sent last. */
  report(): void {
    this.#sent = undefined;
    this.#look();
  }

  /** Bursts of changes cost two readings, the last of them after the last change. */
  #look(): void {
    this.#readAgain = true;
    if (this.#reading) return;
    this.#reading = true;
    this.#readAll()
      .catch((error: unknown) => this.log.info('the displays could not be read', { error }))
      .finally(() => {
        this.#reading = false;
      });
  }

  async #readAll(): Promise<void> {
    while (this.#readAgain) {
      this.#readAgain = false;
      this.#send(await this.port.read());
    }
  }

  #send(layout: PointerLayout): void {
    const text = JSON.stringify(layout);
    if (text === this.#sent) return;
    this.#sent = text;
    this.link.notify(pointerLayout, layout);
  }
}
