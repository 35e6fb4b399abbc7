import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type Follow, type MonitorsConfigure, monitorsTerms } from '#protocol/ipc/messages/monitors.ts';
import { messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { MonitorsPort, Outcome } from '../desktop/backend.ts';
import type { SystemSide } from '../system-side.ts';
import { locateDisplays } from './connectors.ts';
import type { LocatedDisplay } from './display-ids.ts';
import { followed, type Preferences, preferencesOf } from './follow.ts';

export interface FollowerParts {
  readonly port: MonitorsPort;
  configure(wish: MonitorsConfigure, of: 'device'): Promise<Outcome>;
  /** Who arranges this desktop's displays; undefined: nobody is known to. */
  arranger(): Promise<string | undefined>;
  readonly link: SystemSide;
  readonly log: Log;
  /** How long nothing must have changed. Shorter ones are for tests. */
  readonly quietMs?: number;
}

/** Time for a desktop that is not known to us to do it itself, and for a dragged window to come to rest. */
const QUIET_MS = 3_000;

/**
 * QXL and virtio-gpu are told a client's size by the host and prefer it from then on; where no desktop acts on that, this does.
 * Each size is followed once: whatever is set after that is the user's word. Decision 42.
 */
export class Follower implements Service {
  readonly name = 'follower';
  readonly #parts: FollowerParts;
  #follow: Follow = 'off';
  #isServed = false;
  #known: Preferences | undefined;
  #waiting: Disposable | undefined;
  #last: Promise<void> = Promise.resolve();
  #leftTo: string | undefined;
  #names = '';
  #subscriptions: readonly Disposable[] = [];

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { port, link } = this.#parts;
    // First of all, or what happens until then would pass for what has always been.
    await this.#look();
    this.#subscriptions = [
      port.onChange(() => this.#wait()),
      link.on(sessionRights, ({ served }) => {
        this.#isServed = served;
        this.#wait();
      }),
      link.onDown(() => {
        this.#isServed = false;
      }),
      link.handle(monitorsTerms, async ({ follow, displays }) => {
        this.#identify(locateDisplays(displays));
        this.#follow = follow;
        this.#wait();
        return { why: await this.#whyNot() };
      }),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#waiting?.[Symbol.dispose]();
    this.#isServed = false;
    await this.#last;
  }

  #identify(located: readonly LocatedDisplay[]): void {
    const names = located.map(({ id, connector, output }) => `${id} is ${connector ?? `output ${output}`}`).join();
    if (names !== this.#names) this.#parts.log.info('displays of the host', { names: names || 'by their order' });
    this.#names = names;
    this.#parts.port.identify(located);
  }

  #wait(): void {
    this.#waiting?.[Symbol.dispose]();
    if (!this.#isServed || this.#follow === 'off') return;
    this.#waiting = after(this.#parts.quietMs ?? QUIET_MS, () => {
      this.#last = this.#last.then(() => this.#act());
    });
  }

  /** Never rejects. */
  async #act(): Promise<void> {
    const known = this.#known;
    const states = await this.#look();
    if (states === undefined || known === undefined) return;
    const wish = followed(known, states);
    if (wish === undefined || (await this.#whyNot()) !== undefined || !this.#isServed) return;
    const { applied, why } = await this.#parts.configure(wish, 'device');
    this.#parts.log.info(applied ? 'the display device is followed' : 'the display device could not be followed', {
      ...(why !== undefined && { why }),
    });
  }

  /** What is seen here is not new the next time. @returns undefined when it cannot be seen */
  async #look() {
    try {
      const { states, areUntouched } = await this.#parts.port.look();
      const isFirst = this.#known === undefined;
      this.#known = isFirst && areUntouched ? new Map() : preferencesOf(states);
      return states;
    } catch (error) {
      this.#parts.log.info('the outputs could not be read', { why: messageOf(error) });
      return undefined;
    }
  }

  async #whyNot(): Promise<string | undefined> {
    if (this.#follow === 'off') return 'switched off';
    const arranger = this.#follow === 'auto' ? await this.#parts.arranger() : undefined;
    if (arranger !== this.#leftTo && arranger !== undefined)
      this.#parts.log.info('the display device is left to the desktop', { desktop: arranger });
    this.#leftTo = arranger;
    return arranger === undefined ? undefined : `left to ${arranger}`;
  }
}
