import { screenLock } from '#protocol/ipc/messages/screen-lock.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { SystemSide } from '../system-side.ts';
import { whyOf } from '../why.ts';
import type { Argv } from './programs.ts';
import type { Locked } from './screen-lock.ts';

/** Locks the session's screen when the system agent asks. Those who ask while it is being done share one attempt. */
export class ScreenLockService implements Service {
  readonly name = 'screen-lock';
  #handling: Disposable | undefined;
  #locking: Promise<Locked> | undefined;

  constructor(
    private readonly lock: (locker?: Argv) => Promise<Locked>,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#handling = this.link.handle(screenLock, async ({ locker = [] }) => {
      const [file, ...args] = locker;
      this.#locking ??= this.lock(file === undefined ? undefined : [file, ...args]).finally(() => {
        this.#locking = undefined;
      });
      const { locked, by, why } = await this.#locking;
      this.log.info(locked ? 'screen locked' : 'screen could not be locked', { by, why });
      return { locked, by, why: why && whyOf(why) };
    });
  }

  async stop(): Promise<void> {
    this.#handling?.[Symbol.dispose]();
  }
}
