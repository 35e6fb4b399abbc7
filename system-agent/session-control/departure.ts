import { AgentError } from '#shared/errors.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Log } from '#shared/log/log.ts';
import { type DoorAudit, unaudited } from '../audit/audit.ts';

export const ON_DISCONNECT = ['none', 'lock', 'logoff'] as const;
export type OnDisconnect = (typeof ON_DISCONNECT)[number];

/** What can be done to the sessions when their client leaves. */
export interface Control {
  lock(): Promise<unknown>;
  logOff(): Promise<unknown>;
}

/** A client whose line broke is back within this; it finds its session as it was. */
export const RETURN_MS = 10_000;

const NAMES = { lock: 'lock', logoff: 'log-off' } as const;

/**
 * What becomes of the sessions when the SPICE client leaves, `[spice] on-disconnect` (decision 33). A lock does no harm and
 * comes at once; a log-off waits for a client that returns.
 */
export class Departure {
  readonly #action: OnDisconnect;
  readonly #control: Control | undefined;
  readonly #log: Log;
  readonly #audit: DoorAudit;
  #isHere = false;
  #waiting: Disposable | undefined;

  /** @param control undefined where nothing can be done to sessions */
  constructor(action: OnDisconnect, control: Control | undefined, log: Log, audit: DoorAudit = unaudited) {
    this.#action = action;
    this.#control = control;
    this.#log = log;
    this.#audit = audit;
  }

  /** A client says something. */
  came(): void {
    this.stop();
    this.#isHere = true;
  }

  /** Nobody is there any more. Says nothing new of one that has left already, or was never there. */
  left(): void {
    if (!this.#isHere) return;
    this.#isHere = false;
    if (this.#action === 'lock') this.#do('lock', (control) => control.lock());
    else if (this.#action === 'logoff') {
      this.#waiting = after(RETURN_MS, () => this.#do('logoff', (control) => control.logOff()));
    }
  }

  /** Nobody leaves when we go; and what was to come does not. */
  stop(): void {
    this.#isHere = false;
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = undefined;
  }

  #do(action: 'lock' | 'logoff', act: (control: Control) => Promise<unknown>): void {
    this.#waiting = undefined;
    this.#log.info('the SPICE client has left', { action });
    if (this.#control === undefined) return this.#log.warn('sessions cannot be controlled here', { action });
    try {
      const entry = this.#audit.before({ name: `${NAMES[action]}-on-disconnect`, readOnly: false }, new Map());
      act(this.#control).then(
        () => this.#audit.after(entry, { result: undefined }),
        (error: unknown) => {
          this.#audit.after(entry, { error });
          const isExpected = error instanceof AgentError;
          this.#log[isExpected ? 'warn' : 'error']('nothing was done for the client that left', { action, error });
        },
      );
    } catch (error) {
      this.#log.warn('nothing was done for the client that left', { action, error });
    }
  }
}
