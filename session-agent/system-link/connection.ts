import {
  type HelloFromSession,
  type HelloFromSystem,
  helloFromSession,
  helloFromSystem,
} from '#protocol/ipc/messages/hello.ts';
import type { Handlers } from '#protocol/ipc/peer/handlers.ts';
import { checkVersion } from '#protocol/ipc/peer/hello.ts';
import { Peer } from '#protocol/ipc/peer/peer.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';

const ANSWER_DEADLINE_MS = 10_000;
/** Room for several streams' chunks; the rest waits where it is, not in the queue. */
const HIGH_WATER = 256 * 1024;

export interface ConnectionEvents {
  /** Both have said hello. */
  up(session: string): void;
  /** It is of no use any more. Called once, never from within a call of ours, and not after `close`. */
  ended(reason: string): void;
  /** The session has another agent. Called instead of `ended`. */
  taken(reason: string): void;
}

/** One connection to the system agent, from our hello on. */
export class Connection {
  readonly peer: Peer<HelloFromSystem>;
  readonly #stream: ByteStream;
  readonly #deadline: Disposable;
  readonly #events: ConnectionEvents;
  #isClosed = false;
  #wasUp = false;

  /**
   * Takes `fd` over.
   * @throws {Error} errno error when it cannot be watched; it is closed then
   */
  constructor(fd: number, hello: HelloFromSession, handlers: Handlers, events: ConnectionEvents, log: Log) {
    this.#events = events;
    const streamEvents = {
      present: () => {},
      data: (bytes: Uint8Array) => this.peer.receive(bytes),
      drained: () => this.peer.drained(),
      ended: () => this.#break(this.peer.failure ?? new AgentError('failed', 'the system agent closed the connection')),
      failed: (error: unknown) => this.#end(messageOf(error)),
    };
    this.#stream = new ByteStream(fd, streamEvents, { paused: false, device: false, highWater: HIGH_WATER });
    this.#deadline = after(ANSWER_DEADLINE_MS, () => this.#end('the system agent does not answer'));
    const peer = new Peer({
      hello: helloFromSystem,
      handlers,
      after,
      write: (bytes, lent) => this.#stream.write(bytes, lent),
      events: {
        greeted: ({ version, session }) => {
          checkVersion(version);
          this.#deadline[Symbol.dispose]();
          this.#wasUp = true;
          events.up(session);
        },
        broken: (reason) => this.#break(reason),
        drained: () => {},
        bug: (error) => log.error('a handler of the link failed', { error }),
      },
    });
    this.peer = peer;
    peer.greet(helloFromSession, hello);
  }

  /** It came as far as both hellos. */
  get wasUp(): boolean {
    return this.#wasUp;
  }

  /** No event follows. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadline[Symbol.dispose]();
    this.peer.close();
    this.#stream.close();
  }

  #break({ code, message }: AgentError): void {
    if (code !== 'busy' || this.#wasUp || this.#isClosed) return this.#end(message);
    this.close();
    this.#events.taken(message);
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#events.ended(reason);
  }
}
