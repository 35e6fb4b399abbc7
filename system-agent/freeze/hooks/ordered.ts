import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import type { HookRun } from '../../hooks/run.ts';
import type { FreezeHooks, HookResult } from './hooks.ts';
import type { PlannedHook } from './plan.ts';
import type { RunHook } from './run.ts';

export interface OrderedHooksParts {
  /** What is there now. @throws {AgentError} */
  readonly find: () => readonly PlannedHook[];
  /** Why a hook may not run; asked right before each start. @throws {AgentError} */
  readonly objectionTo: (hook: PlannedHook) => string | undefined;
  readonly run: RunHook;
  readonly log: Log;
}

/** A hook's own words in an error that a host shows. */
const MAX_WORDS = 200;

/**
 * Hooks one after the other, each exactly once a phase: `freeze` in order until one fails, `thaw` reversed for those that
 * were started, the failed one too, since it may have done half of its work. One that is refused counts as absent.
 */
export class OrderedHooks implements FreezeHooks {
  /**
   * Whom a `thaw` is owed. All that are there until the first: an agent before us may have died between the phases.
   */
  #owed: readonly PlannedHook[] | 'all' = 'all';
  #freezing: Promise<unknown> | undefined;
  /** Of runs whose leftovers may still write. */
  readonly #releases: HookRun['release'][] = [];

  constructor(private readonly parts: OrderedHooksParts) {}

  async freeze(signal: AbortSignal): Promise<readonly HookResult[]> {
    const freezing = this.#freezeAll(signal);
    this.#freezing = freezing.catch(() => {});
    try {
      return await freezing;
    } catch (error) {
      this.#freezing = undefined;
      await this.thaw();
      throw error;
    }
  }

  async thaw(): Promise<readonly HookResult[]> {
    await this.#freezing;
    const owed = this.#owed === 'all' ? this.#findOrNone() : this.#owed;
    this.#owed = [];
    const results: HookResult[] = [];
    for (const hook of owed.toReversed()) {
      const { result } = await this.#run(hook, 'thaw', NEVER);
      results.push(result);
    }
    for (const release of this.#releases.splice(0)) release();
    return results;
  }

  async #freezeAll(signal: AbortSignal): Promise<readonly HookResult[]> {
    const started: PlannedHook[] = [];
    this.#owed = started;
    const results: HookResult[] = [];
    for (const hook of this.parts.find()) {
      if (signal.aborted) throw new AgentError('failed', 'the fsfreeze hooks were cancelled');
      const { result, run } = await this.#run(hook, 'freeze', signal);
      results.push(result);
      if (run?.started) started.push(hook);
      if (result.outcome === 'failed' || result.outcome === 'timed-out') throw failure(result, run);
    }
    return results;
  }

  #findOrNone(): readonly PlannedHook[] {
    try {
      return this.parts.find();
    } catch (error) {
      this.parts.log.error('no fsfreeze hook can be found', { error });
      return [];
    }
  }

  async #run(
    hook: PlannedHook,
    phase: HookResult['phase'],
    signal: AbortSignal,
  ): Promise<{ readonly result: HookResult; readonly run?: HookRun }> {
    const begun = performance.now();
    const took = () => ({ name: hook.path, phase, milliseconds: Math.round(performance.now() - begun) });
    const objection = this.#objectionTo(hook);
    if (objection !== undefined) {
      const result = { ...took(), outcome: 'refused', detail: objection } as const;
      this.parts.log.error('fsfreeze hook refused', result);
      return { result };
    }
    const run = await this.parts.run(hook.path, phase, signal);
    this.#releases.push(run.release);
    const { outcome, detail, output } = run;
    const result = { ...took(), outcome, ...(detail === undefined ? {} : { detail }) };
    const fields = { ...result, ...(output === '' ? {} : { output }) };
    if (outcome === 'done') this.parts.log.info('fsfreeze hook', fields);
    else this.parts.log.error('fsfreeze hook', fields);
    return { result, run };
  }

  #objectionTo(hook: PlannedHook): string | undefined {
    try {
      return this.parts.objectionTo(hook);
    } catch (error) {
      return messageOf(error);
    }
  }
}

const NEVER = new AbortController().signal;

/** The text for the host, in words near those of QEMU's agent. */
function failure({ name, detail }: HookResult, run: HookRun | undefined): AgentError {
  if (!run?.started) return new AgentError('failed', `can't access fsfreeze hook '${name}': ${detail}`);
  const said = run.output.split('\n').at(-1)?.slice(0, MAX_WORDS) ?? '';
  return new AgentError('failed', `fsfreeze hook '${name}' has failed: ${detail}${said === '' ? '' : `: ${said}`}`);
}
