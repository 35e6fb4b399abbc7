import { type AudioVolume, audioServer, audioVolume, MAX_CHANNELS } from '#protocol/ipc/messages/audio.ts';
import type { AudioVolumeSync } from '#protocol/vdagent/messages/audio-volume-sync.ts';
import { messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import type { SessionAgent } from '../session-link/session-link.ts';

/** A sound server may have to be started for it. */
const SET_MS = 30_000;
/** However often a session says that its sound server comes and goes, hosts hear of it so seldom. */
const CHANGE_MS = 1_000;

type Stream = AudioVolume['stream'];

/**
 * Hands the client's volumes to the served session: the newest of each stream, one at a time. A client says each once
 * when it comes; what no session could take waits for the next that can. A session that was told is not told again, for its
 * user may have changed the volume since.
 */
export class Audio {
  #agent: SessionAgent | undefined;
  readonly #waiting = new Map<Stream, AudioVolume>();
  #asked: SessionAgent | undefined;
  #isSaid = false;
  /** As the session has said it, and as it counts. */
  #said = false;
  #runs = false;
  #pause: Disposable | undefined;
  #hearing: Disposable | undefined;

  /** @param changed called when a sound server has come or gone within a session */
  constructor(
    private readonly log: Log,
    private readonly changed: () => void,
  ) {}

  /** Hosts are to be told that somebody listens. It changes with the session, and within it. */
  get isAvailable(): boolean {
    return this.#runs;
  }

  /** The client has said a volume. */
  get isSaid(): boolean {
    return this.#isSaid;
  }

  serve(agent: SessionAgent | undefined): void {
    if (agent === this.#agent) return;
    this.#hearing?.[Symbol.dispose]();
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
    this.#agent = agent;
    this.#asked = undefined;
    this.#said = agent?.has('audio') === true;
    this.#runs = this.#said;
    this.#hearing = agent?.link.on(audioServer, ({ runs }) => {
      this.#said = runs;
      if (this.#pause === undefined) this.#follow();
    });
    this.#tell();
  }

  set({ stream, muted, volumes }: AudioVolumeSync): void {
    this.#isSaid = true;
    this.#waiting.set(stream, { stream, muted, volumes: volumes.slice(0, MAX_CHANNELS) });
    this.#tell();
  }

  clientGone(): void {
    this.#isSaid = false;
    this.#waiting.clear();
  }

  #follow(): void {
    if (this.#said === this.#runs) return;
    this.#runs = this.#said;
    this.#pause = after(CHANGE_MS, () => {
      this.#pause = undefined;
      this.#follow();
    });
    this.#tell();
    this.changed();
  }

  #tell(): void {
    const agent = this.#runs ? this.#agent : undefined;
    const [next] = this.#waiting.values();
    if (agent === undefined || next === undefined || this.#asked !== undefined) return;
    this.#waiting.delete(next.stream);
    this.#asked = agent;
    void this.#ask(agent, next);
  }

  /** Never rejects. */
  async #ask(agent: SessionAgent, volume: AudioVolume): Promise<void> {
    const why = await agent.link.call(audioVolume, volume, SET_MS).then((outcome) => outcome.why, messageOf);
    if (why !== undefined) {
      this.log.info('the volume was not set', { session: agent.session, stream: volume.stream, reason: why });
    }
    if (this.#asked !== agent) return; // another session is served meanwhile
    this.#asked = undefined;
    this.#tell();
  }
}
