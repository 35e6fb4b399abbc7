import { Deadline } from '#host/connection/deadline.ts';
import { Turns } from '#host/connection/turns.ts';
import type { QgaClient } from '#host/qga/client.ts';
import { Door } from '#host/qga/door.ts';
import { readCommands } from '#host/qga/info.ts';
import { SILENT_COMMANDS } from '#host/qga/options.ts';
import { GuestError } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';

/** Who answers at the guest's end, as far as is known. `commands` are those that it takes now. */
export type GuestState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'connected'; readonly commands: ReadonlySet<string> }
  | { readonly kind: 'disconnected'; readonly reason: string };

export interface LinkOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A command waits for its turn no longer than this many of its own deadlines. */
const TURN_DEADLINES = 2;
/** More than there can be clients: each has one command under way. */
const MAX_WAITING = 64;

const NOTHING: JsonObject = new Map();
const UNKNOWN: GuestState = { kind: 'unknown' };

/**
 * The one QGA channel to the guest, for several users. Whoever comes is served in turn, and since each client of the
 * server has one command here at a time, that is fair. A command has its deadline for itself, from the moment in which
 * it is sent; one that is lost costs the others that time and no more (L3): the next one first asks whether somebody is
 * there at all, which brings the stream back into step (L1).
 */
export class GuestLink {
  readonly #turns = new Turns(MAX_WAITING);
  readonly #door: Door;
  #client: QgaClient | undefined;
  /** The last thing heard of the client was an answer, so that it needs not be asked whether it is there. */
  #answers = false;
  #state: GuestState = UNKNOWN;

  /** @param changed is told every new state but 'unknown' */
  constructor(
    path: string,
    timeoutMs: number,
    private readonly changed: (state: GuestState) => void,
  ) {
    this.#door = new Door(path, { timeoutMs });
  }

  get state(): GuestState {
    return this.#state;
  }

  /**
   * The result of a command. One of SILENT_COMMANDS returns an empty object when it was taken by an agent that was there.
   *
   * @throws {GuestError} the guest said no
   * @throws {AgentError} of anything else; the text says whether the command was sent
   */
  async request(command: string, args: Printable | undefined, options: LinkOptions): Promise<JsonValue> {
    let isSent = false;
    try {
      return await this.#inTurn(options, async () => {
        const client = await this.#reach(options);
        isSent = true;
        if (!SILENT_COMMANDS.has(command)) return await client.request(command, args, options);
        await client.tell(command, args, options);
        return NOTHING;
      });
    } catch (error) {
      if (!(error instanceof AgentError) || error instanceof GuestError) throw error;
      // Whether it came, or what became of it, is not known: find out before the next one is sent.
      if (isSent && error.code === 'timeout') this.#answers = false;
      const what = isSent ? `${error.message}; the guest may have done it` : `not sent: ${error.message}`;
      throw new AgentError(error.code, what, { cause: error });
    }
  }

  /** Finds out whether an agent answers, unless that is known. @throws {AgentError} when none does */
  async reach(options: LinkOptions): Promise<void> {
    await this.#inTurn(options, () => this.#reach(options));
  }

  /** Lets the channel go, for others to use, unless `isWanted` again by then. The next request takes it anew. */
  async release(options: LinkOptions, isWanted: () => boolean): Promise<void> {
    await this.#inTurn(options, async () => {
      if (!isWanted()) await this.close();
    });
  }

  /** What is under way is abandoned. */
  async close(): Promise<void> {
    this.#client = undefined;
    this.#state = UNKNOWN;
    await this.#door[Symbol.asyncDispose]();
  }

  async #inTurn<T>({ timeoutMs, signal }: LinkOptions, work: () => Promise<T>): Promise<T> {
    using deadline = new Deadline(timeoutMs * TURN_DEADLINES, signal);
    return await this.#turns.take(deadline, work);
  }

  async #reach(options: LinkOptions): Promise<QgaClient> {
    if (this.#answers && this.#client?.isClosed === false) return this.#client;
    try {
      const client = await this.#door.client(options);
      this.#set({ kind: 'connected', commands: await commandsOf(client, options) });
      if (client !== this.#client) void client.end().then(() => this.#lost(client));
      this.#client = client;
      this.#answers = true;
      return client;
    } catch (error) {
      this.#answers = false;
      if (error instanceof AgentError && error.code !== 'cancelled') {
        this.#set({ kind: 'disconnected', reason: error.message });
      }
      throw error;
    }
  }

  #lost(client: QgaClient): void {
    if (client === this.#client) this.#set({ kind: 'disconnected', reason: 'the connection is lost' });
  }

  #set(state: GuestState): void {
    const isNews = state.kind !== this.#state.kind;
    this.#state = state;
    if (isNews) this.changed(state);
  }
}

/** Any agent lets itself be asked this at any time; one that refuses is there all the same. */
async function commandsOf(client: QgaClient, options: LinkOptions): Promise<ReadonlySet<string>> {
  try {
    const commands = readCommands(await client.request('guest-info', undefined, options));
    return new Set(commands.filter(({ enabled }) => enabled).map(({ name }) => name));
  } catch (error) {
    if (error instanceof GuestError) return new Set();
    throw error;
  }
}
