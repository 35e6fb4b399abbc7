import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { pointerPut } from '#protocol/ipc/messages/pointer.ts';
import { messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { PointerPort } from '../desktop/backend.ts';
import type { SystemSide } from '../system-side.ts';

/**
 * Moves the pointer where the system agent has no device. Nothing stays pressed when the session is no longer served,
 * or when the link or this agent ends.
 */
export class PointerMoves implements Service {
  readonly name = 'pointer moves';
  #subscriptions: readonly Disposable[] = [];

  constructor(
    private readonly port: PointerPort,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#subscriptions = [
      this.link.handle(pointerPut, async ({ frames }) => {
        await this.port.put(frames);
        return {};
      }),
      this.link.on(sessionRights, ({ served }) => {
        if (!served) void this.#release();
      }),
      this.link.onDown(() => void this.#release()),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#release();
  }

  async #release(): Promise<void> {
    try {
      await this.port.release();
    } catch (error) {
      this.log.info('the pointer was not let go', { why: messageOf(error) });
    }
  }
}
