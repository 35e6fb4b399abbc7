import {
  type HelloFromSession,
  helloFromSession,
  type SessionRights,
  sessionRights,
} from '#protocol/ipc/messages/hello.ts';
import { Handlers } from '#protocol/ipc/peer/handlers.ts';
import { Peer } from '#protocol/ipc/peer/peer.ts';
import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import type { PeerProcess } from '#shared/native/peer-identity.ts';
import { ByteStream } from '#shared/socket/byte-stream.ts';
import { LastingState } from './lasting.ts';

export const HELLO_DEADLINE_MS = 5_000;
/** Room for several streams' chunks; the rest waits where it is, not in the queue. */
const HIGH_WATER = 256 * 1024;
/** Frames cost us more than they cost their sender: others have their turn after so many reads. */
const READS_PER_TURN = 4;

export type AgentPeer = Peer<HelloFromSession>;

export interface ConnectionEvents {
  /**
   * The other side has said hello: greets it with `peer.greet`.
   * @throws {AgentError} refuses it
   */
  greeted(connection: Connection, hello: HelloFromSession): void;
  /** It is over, and closed. Called once, never from within a call of ours. `reason` undefined: the other side left. */
  ended(connection: Connection, reason: AgentError | undefined): void;
}

/** One local process at the link's socket, which may become an agent. */
export class Connection {
  readonly uid: number;
  readonly process: PeerProcess;
  readonly peer: AgentPeer;
  readonly lasting: LastingState;
  readonly #stream: ByteStream;
  readonly #deadline: Disposable;
  readonly #events: ConnectionEvents;
  #isClosed = false;
  #rights: SessionRights | undefined;
  #areRightsSent = true;

  /**
   * Takes `fd` and `process` over.
   * @throws {Error} errno error when the descriptor cannot be watched; both are closed then
   */
  constructor(fd: number, process: PeerProcess, events: ConnectionEvents, log: Log) {
    this.uid = process.credentials.uid;
    this.process = process;
    this.#events = events;
    try {
      this.#stream = this.#open(fd);
    } catch (error) {
      process.close();
      throw error;
    }
    this.peer = new Peer({
      hello: helloFromSession,
      handlers: new Handlers('system'),
      after,
      write: (bytes, lent) => this.#stream.write(bytes, lent),
      events: {
        greeted: (hello) => {
          this.#deadline[Symbol.dispose]();
          events.greeted(this, hello);
        },
        broken: (reason) => this.#end(reason),
        drained: () => this.#sendRights(),
        bug: (error) => log.error('a handler of the session link failed', { error }),
      },
    });
    this.lasting = new LastingState(this.peer);
    this.#deadline = after(HELLO_DEADLINE_MS, () => {
      this.#end(new AgentError('timeout', `no hello within ${HELLO_DEADLINE_MS} ms`));
    });
  }

  /** Says what the session may use now; what a full queue swallows is said when there is room again. */
  set rights(rights: SessionRights) {
    if (this.#rights !== undefined && sameRights(this.#rights, rights)) return;
    this.#rights = rights;
    this.#areRightsSent = false;
    this.#sendRights();
  }

  /** No event follows. Idempotent. */
  close(reason?: AgentError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadline[Symbol.dispose]();
    this.peer.close(reason);
    this.#stream.close();
    this.process.close();
  }

  #open(fd: number): ByteStream {
    const events = {
      present: () => {},
      data: (bytes: Uint8Array) => this.peer.receive(bytes),
      drained: () => this.peer.drained(),
      // Half-closed is closed: an agent that sends no more is none.
      ended: () => this.#end(this.peer.failure),
      failed: (error: unknown) => this.#end(new AgentError('failed', 'the connection failed', { cause: error })),
    };
    return new ByteStream(fd, events, {
      paused: false,
      device: false,
      highWater: HIGH_WATER,
      readsPerTurn: READS_PER_TURN,
    });
  }

  #sendRights(): void {
    if (this.#rights === undefined || this.#areRightsSent) return;
    this.#areRightsSent = this.peer.notify(sessionRights, this.#rights);
  }

  #end(reason: AgentError | undefined): void {
    if (this.#isClosed) return;
    this.close(reason);
    this.#events.ended(this, reason);
  }
}

function sameRights(a: SessionRights, b: SessionRights): boolean {
  return a.served === b.served && a.clipboard === b.clipboard && a.files === b.files;
}
