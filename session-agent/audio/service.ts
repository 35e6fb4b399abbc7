import { audioVolume } from '#protocol/ipc/messages/audio.ts';
import { messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { SystemSide } from '../system-side.ts';
import type { Mixer } from './mixers.ts';

/** Sets the session's volumes as the client has them, one after the other, with the user's rights. */
export class AudioService implements Service {
  readonly name = 'audio';
  #last: Promise<unknown> = Promise.resolve();
  #subscription: Disposable | undefined;

  constructor(
    private readonly mixer: Mixer,
    private readonly link: SystemSide,
  ) {}

  async start(): Promise<void> {
    this.#subscription = this.link.handle(audioVolume, (volume) => {
      const set = this.#last.then(async () => {
        try {
          await this.mixer.set(volume);
          return { by: this.mixer.name, why: undefined };
        } catch (error) {
          return {
            by: undefined,
            why: messageOf(error)
              .replace(/[^\x20-\x7e]/g, ' ')
              .slice(0, MAX_WHY),
          };
        }
      });
      this.#last = set;
      return set;
    });
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#last;
  }
}

/** As long as the link carries. */
const MAX_WHY = 200;
