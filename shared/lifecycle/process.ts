import type { Log } from '../log/log.ts';
import { exitAtOnce } from '../native/exit.ts';
import { collectSoon } from './garbage.ts';
import type { Service } from './service.ts';

/** A stop that takes longer is given up. */
const STOP_TIMEOUT_MS = 5_000;
/** What is still under way after the stop, such as a read from a file server that is gone, gets no longer than this. */
const LEAVE_TIMEOUT_MS = 1_000;

/**
 * Runs a service until SIGTERM or SIGINT, or until `stopping` is aborted. The first signal stops gently, the second at
 * once.
 * @returns the exit code: 0 after a signal, 1 if the service could not start or stop
 */
export async function runUntilSignal(
  service: Service,
  log: Log,
  stopping: AbortController = new AbortController(),
  mayStop: () => Promise<void> = async () => {},
): Promise<number> {
  let waits = false;
  const signalled = new Promise<string>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(String(stopping.signal.reason)));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (waits) return;
        if (stopping.signal.aborted) process.exit(1);
        stopping.abort(signal);
      });
    }
  });
  try {
    await service.start(stopping.signal);
    log.info('ready');
    collectSoon();
    const reason = await signalled;
    waits = true;
    await mayStop();
    waits = false;
    log.info('stopping', { reason });
    await withDeadline(service.stop());
    leaveWithin(LEAVE_TIMEOUT_MS);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    log.error('cannot run', { error });
    return 1;
  }
}

/** A process without work ends before that by itself. */
function leaveWithin(delayMs: number): void {
  setTimeout(() => exitAtOnce(0), delayMs).unref();
}

function withDeadline(stopped: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error('stopping took too long')), STOP_TIMEOUT_MS);
    deadline.unref();
    stopped.then(resolve, reject).finally(() => clearTimeout(deadline));
  });
}
