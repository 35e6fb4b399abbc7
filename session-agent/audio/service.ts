import { type AudioVolume, audioServer, audioVolume } from '#protocol/ipc/messages/audio.ts';
import { messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
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

/** Between looks for a device: a server has none when it starts, and finds them within seconds, on a slow machine within a minute. */
const LOOKS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** A volume until a device has it. */
interface Wish {
  readonly volume: AudioVolume;
  /** What stands in for a device has it. */
  isSet: boolean;
  looks: number;
  next?: Disposable;
}

/**
 * Sets the session's volumes as the client has them, one after the other, with the user's rights. The newest of each stream is kept
 * for as long as a server takes to find its devices, and set once more when there is one.
 */
export class AudioService implements Service {
  readonly name = 'audio';
  #last: Promise<unknown> = Promise.resolve();
  #subscriptions: readonly Disposable[] = [];
  readonly #wishes = new Map<AudioVolume['stream'], Wish>();

  constructor(
    private readonly sound: Sound,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    const { server } = this.sound;
    const tell = () => this.link.notify(audioServer, { runs: server.runs });
    this.#subscriptions = [
      this.link.handle(audioVolume, (volume) => this.#wish(volume)),
      this.link.onUp(tell),
      server.watch(tell),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    for (const { next } of this.#wishes.values()) next?.[Symbol.dispose]();
    this.#wishes.clear();
    await this.#last;
  }

  /** @returns how it went at once */
  #wish(volume: AudioVolume): Promise<Outcome> {
    this.#wishes.get(volume.stream)?.next?.[Symbol.dispose]();
    const wish: Wish = { volume, isSet: false, looks: 0 };
    this.#wishes.set(volume.stream, wish);
    return this.#inTurn(() => this.#fulfil(wish));
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(act);
    this.#last = done;
    return done;
  }

  /** Never rejects. */
  async #fulfil(wish: Wish): Promise<Outcome> {
    const { mixer } = this.sound;
    let isSettled = false;
    let why: string | undefined;
    try {
      const target = await mixer.target(wish.volume.stream); // a device that comes from here on is set at the next look
      if (target === undefined) throw new Error('there is no device for it');
      if (target === 'device' || !wish.isSet) await mixer.set(wish.volume);
      wish.isSet = true;
      isSettled = target === 'device';
    } catch (error) {
      why = whyOf(messageOf(error));
    }
    if (this.#isNewest(wish)) this.#follow(wish, isSettled);
    return { by: why === undefined ? mixer.name : undefined, why };
  }

  #follow(wish: Wish, isSettled: boolean): void {
    const { stream } = wish.volume;
    const delay = LOOKS_MS[wish.looks];
    if (isSettled || delay === undefined) {
      this.#wishes.delete(stream);
      const said = isSettled ? 'the volume was set when a device had come' : 'no device took the volume';
      if (wish.looks > 0) this.log.info(said, { stream });
      return;
    }
    wish.looks++;
    wish.next = after(delay, () => void this.#inTurn(() => this.#look(wish)));
  }

  async #look(wish: Wish): Promise<void> {
    if (!this.#isNewest(wish)) return;
    // A program would start a server where it finds none.
    if (this.sound.server.runs) await this.#fulfil(wish);
    else this.#follow(wish, false);
  }

  #isNewest(wish: Wish): boolean {
    return this.#wishes.get(wish.volume.stream) === wish;
  }
}

interface Outcome {
  readonly by: string | undefined;
  readonly why: string | undefined;
}
