import { type HookRun, type HookStart, runHook } from '../../hooks/run.ts';
import type { HookResult } from './hooks.ts';

/** Runs one hook to its end. Never rejects. */
export type RunHook = (file: string, phase: HookResult['phase'], signal: AbortSignal) => Promise<HookRun>;

/** For each phase of a hook. */
export type RunOptions = Pick<HookStart, 'timeoutMs' | 'umask'>;

/** Starts hooks as qemu-ga does: [file, phase]. */
export function hookRunner(options: RunOptions): RunHook {
  return (file, phase, signal) => runHook({ ...options, file, args: [phase], signal });
}
