import { setTimeout as sleep } from 'node:timers/promises';
import { describe as describeReport } from '#host/cli/ovirt/describe.ts';
import { describe as describeClipboard } from '#host/cli/vdagent/clipboard.ts';
import { Lasting } from '#host/connection/lasting.ts';
import { OvirtClient } from '#host/ovirt/client.ts';
import { REPORTS } from '#host/ovirt/reports.ts';
import { Door } from '#host/qga/door.ts';
import { VdagentClient } from '#host/vdagent/client.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';

/** Longer than the five seconds between the heartbeats of an oVirt agent. */
const TIMEOUT_MS = 7_000;

/** The three doors of one agent, each connected when it is needed, and what happens behind them. */
export class Doors implements AsyncDisposable {
  readonly qga: Door;
  readonly ovirt: Lasting<OvirtClient>;
  readonly vdagent: Lasting<VdagentClient>;
  /** What each report said last, so that only news is news. */
  readonly #said = new Map<string, string>();
  #show: ((line: string) => void) | undefined;

  constructor(paths: { readonly qga: string; readonly ovirt: string; readonly vdagent: string }) {
    this.qga = new Door(paths.qga, {});
    this.ovirt = new Lasting(async (signal) => {
      const client = await OvirtClient.connect(paths.ovirt, { signal, timeoutMs: TIMEOUT_MS });
      client.listen(({ name, members }) => {
        if (name !== 'heartbeat' && REPORTS.has(name)) this.#news(name, describeReport({ name, members }));
      });
      return client;
    });
    this.vdagent = new Lasting(async (signal) => {
      const client = await VdagentClient.connect(paths.vdagent, { signal, timeoutMs: TIMEOUT_MS });
      client.listen((heard) => {
        const words = describeClipboard(heard)?.words;
        if (words !== undefined) this.#show?.(`vdagent  ${words}`);
      });
      return client;
    });
  }

  /** Calls `show` with what changes from now on, until the result is disposed. */
  watch(show: (line: string) => void): Disposable {
    this.#show = show;
    return {
      [Symbol.dispose]: () => {
        this.#show = undefined;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.qga, this.ovirt, this.vdagent].map((door) => door[Symbol.asyncDispose]()));
  }

  #news(name: string, text: string): void {
    // A session word is an event; everything else is a state that is repeated.
    if (this.#said.get(name) === text && !name.startsWith('session-')) return;
    this.#said.set(name, text);
    this.#show?.(`ovirt    ${text}`);
  }
}

/**
 * Asks again while nobody listens yet.
 *
 * @returns the client
 * @throws {AgentError} the last reason why there was no connection, or 'cancelled'
 */
export async function untilOpen<Client>(
  door: { client(options: { readonly signal?: AbortSignal }): Promise<Client> },
  withinMs: number,
  signal: AbortSignal,
): Promise<Client> {
  const backoff = new Backoff(10, 200);
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await door.client({ signal });
    } catch (error) {
      if (signal.aborted || Date.now() > deadline) throw error;
    }
    await sleep(backoff.next(), undefined, { signal }).catch(() => {});
  }
}
