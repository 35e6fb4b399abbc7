import { type AudioVolume, audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { SystemSide } from '../system-side.ts';
import { whyOf } from '../why.ts';
import type { Mixer } from './mixers.ts';
import type { SoundServer } from './server.ts';

/** A session's sound. */
export interface Sound {
  readonly server: SoundServer;
  /** What sets its volumes while it runs. */
  readonly mixer: Mixer;
}

/** Sets the session's volumes as the client has them, one after the other, with the user's rights. */
export class AudioService implements Service {
  readonly name = 'audio';
  #last: Promise<unknown> = Promise.resolve();
  #subscriptions: readonly Disposable[] = [];

  constructor(
    private readonly sound: Sound,
    private readonly link: SystemSide,
  ) {}

  async start(): Promise<void> {
    const { server } = this.sound;
    const tell = () => this.link.notify(audioServer, { runs: server.runs });
    this.#subscriptions = [
      this.link.handle(audioVolume, (volume) => this.#set(volume)),
      this.link.onUp(tell),
      server.watch(tell),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#last;
  }

  #set(volume: AudioVolume): Promise<Outcome> {
    const { mixer } = this.sound;
    const set = this.#last.then(async () => {
      try {
        await mixer.set(volume);
        return { by: mixer.name, why: undefined };
      } catch (error) {
        return { by: undefined, why: whyOf(messageOf(error)) };
      }
    });
    this.#last = set;
    return set;
  }
}

interface Outcome {
  readonly by: string | undefined;
  readonly why: string | undefined;
}
