/** How one hook did in one phase. */
export interface HookResult {
  /** Of its file. */
  readonly name: string;
  readonly phase: 'freeze' | 'thaw';
  readonly milliseconds: number;
  /** `refused`: not started, because others than root could have changed it. */
  readonly outcome: 'done' | 'failed' | 'timed-out' | 'refused';
  /** For people: exit status, signal, reason of the refusal. */
  readonly detail?: string;
}

/** Programs of the administrator that prepare applications for a freeze (F3). */
export interface FreezeHooks {
  /**
   * Each hook once, in order, before anything is frozen.
   * @throws {AgentError} 'failed' with the name of the hook that failed, after `thaw` was called on those that ran
   */
  freeze(signal: AbortSignal): Promise<readonly HookResult[]>;
  /** Each hook once, in reverse order, after everything is thawed. Never rejects. */
  thaw(): Promise<readonly HookResult[]>;
}
