import { MAX_MONITORS, type MonitorsConfigure, monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import type { MonitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';
import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { SessionAgent } from '../session-link/session-link.ts';

/** Modes are set on real devices, and a session may be slow while it logs in. */
const APPLY_MS = 30_000;

/**
 * Hands the client's wish to the served session: the newest one only, and one at a time, because a client that drags its
 * window says it every few milliseconds. A session that comes later is given the last one, which therefore outlives the
 * client that said it (L7).
 */
export class Monitors {
  #agent: SessionAgent | undefined;
  #wish: MonitorsConfigure | undefined;
  /** The session does not know the present wish. */
  #isDue = false;
  /** Whose answer is awaited. */
  #asked: SessionAgent | undefined;

  constructor(private readonly log: Log) {}

  serve(agent: SessionAgent | undefined): void {
    const usable = agent?.has('monitors') === true ? agent : undefined;
    if (usable === this.#agent) return;
    this.#agent = usable;
    this.#asked = undefined;
    this.#isDue = true;
    this.#apply();
  }

  configure(config: MonitorsConfig): void {
    const wish = wishOf(config);
    if (wish === undefined) return;
    this.#wish = wish;
    this.#isDue = true;
    this.#apply();
  }

  hostGone(): void {
    this.#wish = undefined;
  }

  #apply(): void {
    const agent = this.#agent;
    if (agent === undefined || this.#wish === undefined || !this.#isDue || this.#asked !== undefined) return;
    this.#isDue = false;
    this.#asked = agent;
    agent.link
      .call(monitorsConfigure, this.#wish, APPLY_MS)
      .then(
        ({ applied, why }) => {
          if (!applied) this.log.info('monitors were not changed', { session: agent.session, reason: why });
        },
        (error: unknown) => {
          this.log.info('monitors were not changed', { session: agent.session, reason: messageOf(error) });
        },
      )
      .finally(() => {
        if (this.#asked !== agent) return; // another session is served meanwhile
        this.#asked = undefined;
        this.#apply();
      });
  }
}

/** Largest number of pixels that the session link carries; no screen is that large. */
const MAX_PIXELS = 0x7fff_ffff;

/** @returns undefined when every monitor is switched off: a viewer that is minimised, which is no wish. */
function wishOf({ monitors, hasPositions }: MonitorsConfig): MonitorsConfigure | undefined {
  if (!monitors.some(({ width, height }) => width > 0 && height > 0)) return undefined;
  return {
    positioned: hasPositions,
    monitors: monitors.slice(0, MAX_MONITORS).map(({ width, height, x, y }) => ({
      width: Math.min(width, MAX_PIXELS),
      height: Math.min(height, MAX_PIXELS),
      x,
      y,
    })),
  };
}
