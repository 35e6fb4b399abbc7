import {
  type Follow,
  type HostDisplay,
  MAX_MONITORS,
  type MonitorsConfigure,
  type MonitorsTerms,
  monitorsConfigure,
  monitorsTerms,
} from '#protocol/ipc/messages/monitors.ts';
import { parseDeviceAddress } from '#protocol/vdagent/device-address.ts';
import type { GraphicsDeviceInfo } from '#protocol/vdagent/messages/graphics-device-info.ts';
import type { MonitorsConfig } from '#protocol/vdagent/messages/monitors-config.ts';
import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { SessionAgent } from '../session-link/session-link.ts';

/** Modes are set on real devices, and a session may be slow while it logs in. */
const APPLY_MS = 30_000;
/** Numbers that the session link carries. */
const MAX_NUMBER = 255;

/**
 * Hands the client's wish to the served session: the newest one only, and one at a time, because a client that drags its
 * window says it every few milliseconds. A session that comes later is given the last one, which therefore outlives the
 * client that said it, and before it which device is which display; both are the host's word (L7).
 */
export class Monitors {
  #agent: SessionAgent | undefined;
  #wish: MonitorsConfigure | undefined;
  #terms: MonitorsTerms = { follow: 'off', displays: [] };
  /** What the session does not know. */
  readonly #due = { terms: false, wish: false };
  /** Whose answer is awaited. */
  #asked: SessionAgent | undefined;
  readonly #problems = new Map<Said, string>();

  constructor(private readonly log: Log) {}

  /** What of it does not work, for people. */
  get problem(): string | undefined {
    const all = Array.from(this.#problems, ([what, why]) => `${PROBLEM[what]}: ${why}`);
    return all.length === 0 ? undefined : all.join('; ');
  }

  set follow(follow: Follow) {
    if (follow === this.#terms.follow) return;
    this.#setTerms({ ...this.#terms, follow });
  }

  serve(agent: SessionAgent | undefined): void {
    const usable = agent?.has('monitors') === true ? agent : undefined;
    if (usable === this.#agent) return;
    this.#agent = usable;
    this.#asked = undefined;
    this.#due.terms = true;
    this.#due.wish = true;
    this.#problems.clear();
    this.#tell();
  }

  configure(config: MonitorsConfig): void {
    const wish = wishOf(config);
    if (wish === undefined) return;
    this.#wish = wish;
    this.#due.wish = true;
    this.#tell();
  }

  identify(info: GraphicsDeviceInfo): void {
    this.#setTerms({ ...this.#terms, displays: displaysOf(info) });
  }

  hostGone(): void {
    this.#wish = undefined;
    if (this.#terms.displays.length > 0) this.#setTerms({ ...this.#terms, displays: [] });
  }

  #setTerms(terms: MonitorsTerms): void {
    this.#terms = terms;
    this.#due.terms = true;
    this.#tell();
  }

  #tell(): void {
    const agent = this.#agent;
    if (agent === undefined || this.#asked !== undefined) return;
    const said = this.#sayNext(agent);
    if (said === undefined) return;
    this.#asked = agent;
    void said.finally(() => {
      if (this.#asked !== agent) return; // another session is served meanwhile
      this.#asked = undefined;
      this.#tell();
    });
  }

  #sayNext(agent: SessionAgent): Promise<void> | undefined {
    if (this.#due.terms && agent.has('monitors.follow')) {
      this.#due.terms = false;
      return this.#ask(agent, 'terms', () => agent.link.call(monitorsTerms, this.#terms, APPLY_MS));
    }
    const wish = this.#wish;
    if (!this.#due.wish || wish === undefined) return undefined;
    this.#due.wish = false;
    return this.#ask(agent, 'wish', () => agent.link.call(monitorsConfigure, wish, APPLY_MS));
  }

  /** Never rejects. */
  async #ask(
    agent: SessionAgent,
    what: Said,
    ask: () => Promise<{ readonly why?: string | undefined }>,
  ): Promise<void> {
    const why = await ask().then((answer) => answer.why, messageOf);
    if (this.#agent !== agent) return;
    if (why === this.#problems.get(what)) return;
    if (why === undefined) {
      this.#problems.delete(what);
      return;
    }
    this.#problems.set(what, why);
    this.log.info(PROBLEM[what], { session: agent.session, reason: why });
  }
}

type Said = 'terms' | 'wish';

const PROBLEM: Readonly<Record<Said, string>> = {
  terms: 'the display device is not followed',
  wish: 'monitors are not as the client wants them',
};

/** Devices that are not on a PCI bus are not told to sessions, nor are numbers that no host uses. */
function displaysOf({ devices }: GraphicsDeviceInfo): readonly HostDisplay[] {
  const displays = devices.flatMap(({ channelId, monitorId, deviceDisplayId: output, address }) => {
    const id = channelId + monitorId;
    const place = parseDeviceAddress(address);
    return place === undefined || id > MAX_NUMBER || output > MAX_NUMBER ? [] : [{ id, ...place, output }];
  });
  return displays.slice(0, MAX_MONITORS);
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
