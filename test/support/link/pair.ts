import type { Notification } from '#protocol/ipc/definition.ts';
import {
  type HelloFromSession,
  helloFromSession,
  helloFromSystem,
  LINK_VERSION,
} from '#protocol/ipc/messages/hello.ts';
import { Handlers } from '#protocol/ipc/peer/handlers.ts';
import { Peer, type PeerEvents } from '#protocol/ipc/peer/peer.ts';
import type { AgentError } from '#shared/errors.ts';
import { FakeTimers } from '#test/fakes/timers.ts';

export const HELLO: HelloFromSession = {
  oldest: 1,
  newest: LINK_VERSION,
  build: 'test',
  display: 'none',
  features: [],
  ways: undefined,
  session: undefined,
};

/** One end in the hands of a test: what it writes is kept until `take`, as if the other side did not read. */
export class End<Hello> {
  readonly handlers: Handlers;
  readonly peer: Peer<Hello>;
  readonly timers: FakeTimers;
  readonly bugs: unknown[] = [];
  broken: AgentError | undefined;
  drains = 0;
  #written: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes in the queue beyond which it counts as full. */
  highWater = 256 * 1024;

  constructor(
    side: 'system' | 'session',
    hello: Notification<Hello>,
    greeted: (end: End<Hello>, hello: Hello) => void,
    timers = new FakeTimers(),
  ) {
    this.timers = timers;
    this.handlers = new Handlers(side);
    const events: PeerEvents<Hello> = {
      greeted: (said) => greeted(this, said),
      broken: (reason) => {
        this.broken = reason;
      },
      drained: () => this.drains++,
      bug: (error) => this.bugs.push(error),
    };
    this.peer = new Peer({
      hello,
      handlers: this.handlers,
      after: timers.after,
      write: (bytes, lent) => {
        this.#written.push(bytes, Uint8Array.from(lent ?? []));
        this.#bytes += bytes.length + (lent?.length ?? 0);
        return this.#bytes <= this.highWater;
      },
      events,
    });
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#bytes;
  }

  /** The other side reads everything. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    this.#bytes = 0;
    this.peer.drained();
    return bytes;
  }
}

export const systemEnd = (timers?: FakeTimers): End<HelloFromSession> =>
  new End(
    'system',
    helloFromSession,
    ({ peer }) => peer.greet(helloFromSystem, { version: LINK_VERSION, build: 'test', session: '1' }),
    timers,
  );

export const sessionEnd = (timers?: FakeTimers) => {
  const end = new End('session', helloFromSystem, () => {}, timers);
  end.peer.greet(helloFromSession, HELLO);
  return end;
};

export type Pair = ReturnType<typeof pair>;

/** Two ends that have said hello; `flow` carries bytes both ways until none are left, and lets promises go on. */
export function pair() {
  const timers = new FakeTimers();
  const system = systemEnd(timers);
  const session = sessionEnd(timers);
  const flow = async () => {
    for (let quiet = 0; quiet < 3; ) {
      const up = session.take();
      if (up.length > 0) system.peer.receive(up);
      const down = system.take();
      if (down.length > 0) session.peer.receive(down);
      quiet = up.length + down.length === 0 ? quiet + 1 : 0;
      await new Promise(setImmediate);
    }
    timers.advance(0);
  };
  return { timers, system, session, flow };
}
