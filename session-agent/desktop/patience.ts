import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';

/** A session's display may come up a little after what the session starts. */
const PATIENCE_MS = 10_000;

/** Opens a connection to a display, again and again while there may still be one. @throws what `open` throws last */
export async function connectPatiently<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const backoff = new Backoff(100, 2_000);
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof AgentError) || signal.aborted || Date.now() > end) throw error;
      await sleep(backoff.next(), undefined, { signal });
    }
  }
}
