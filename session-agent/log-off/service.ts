import { logOff } from '#protocol/ipc/messages/log-off.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { SystemSide } from '../system-side.ts';
import { whyOf } from '../why.ts';
import type { Asked } from './session-managers.ts';

/** Asks the desktop to end the session when the system agent wants it. */
export class LogOffService implements Service {
  readonly name = 'log-off';
  #handling: Disposable | undefined;

  constructor(
    private readonly ask: () => Promise<Asked>,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#handling = this.link.handle(logOff, async () => {
      const { asked, by, why } = await this.ask();
      this.log.info(asked ? 'the desktop was asked to log off' : 'nobody to ask for a log-off', { by, why });
      return { asked, by, why: why && whyOf(why) };
    });
  }

  async stop(): Promise<void> {
    this.#handling?.[Symbol.dispose]();
  }
}
