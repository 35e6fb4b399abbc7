import { type EffectsWish, effectsReduce } from '#protocol/ipc/messages/effects.ts';
import type { DisplayConfig } from '#protocol/vdagent/messages/display-config.ts';
import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { SessionAgent } from '../session-link/session-link.ts';

/** Several settings, each by a program. */
const APPLY_MS = 60_000;

const AS_IT_WAS: EffectsWish = { wallpaper: false, smoothing: false, animation: false };

/** Hands what the client wants to do without to the served session, one wish at a time, and takes it back when it leaves. */
export class Effects {
  #agent: SessionAgent | undefined;
  #wish = AS_IT_WAS;
  /** What the session was told last. */
  #told = AS_IT_WAS;
  #asked: SessionAgent | undefined;

  constructor(private readonly log: Log) {}

  serve(agent: SessionAgent | undefined): void {
    const usable = agent?.has('effects') === true ? agent : undefined;
    if (usable === this.#agent) return;
    this.#agent = usable;
    this.#asked = undefined;
    this.#told = AS_IT_WAS; // it restores by itself when it is not served
    this.#apply();
  }

  configure({ noWallpaper, noFontSmoothing, noAnimation }: DisplayConfig): void {
    this.#wish = { wallpaper: noWallpaper, smoothing: noFontSmoothing, animation: noAnimation };
    this.#apply();
  }

  clientGone(): void {
    this.#wish = AS_IT_WAS;
    this.#apply();
  }

  #apply(): void {
    const agent = this.#agent;
    const wish = this.#wish;
    if (agent === undefined || this.#asked !== undefined || same(wish, this.#told)) return;
    this.#told = wish;
    this.#asked = agent;
    void this.#tell(agent, wish);
  }

  /** Never rejects. */
  async #tell(agent: SessionAgent, wish: EffectsWish): Promise<void> {
    const why = await agent.link.call(effectsReduce, wish, APPLY_MS).then((outcome) => outcome.why, messageOf);
    if (why !== undefined) this.log.info('effects were not changed', { session: agent.session, reason: why });
    if (this.#asked !== agent) return; // another session is served meanwhile
    this.#asked = undefined;
    this.#apply();
  }
}

function same(a: EffectsWish, b: EffectsWish): boolean {
  return a.wallpaper === b.wallpaper && a.smoothing === b.smoothing && a.animation === b.animation;
}
