import { AgentError } from '#shared/errors.ts';
import { whenAborted } from '#shared/lifecycle/aborted.ts';
import { after } from '#shared/lifecycle/after.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Valve } from '#shared/log/valve.ts';
import { FREEZING_SECONDS, type Freeze, type FreezeDescription, type FreezePhase, MAX_LEASE } from './freeze.ts';
import { HeldFileSystems, nameOf } from './held.ts';
import type { FreezeHooks, HookResult } from './hooks/hooks.ts';
import { FreezeMachine } from './machine.ts';
import { holdOthers, thawOthers } from './others.ts';
import { chooseFrom, type LeftOut } from './plan.ts';
import type { FreezeSystem, GuardEvents } from './system.ts';

/** What the guard can hold. */
const MAX_FILE_SYSTEMS = 512;
/** For a thaw that finds another freeze or thaw under way. Their hooks have deadlines of their own. */
const THAW_LIMIT_MS = 20_000;

export interface FreezeParts {
  readonly system: FreezeSystem;
  readonly hooks: FreezeHooks;
  /** Seconds, 1 to MAX_LEASE. */
  readonly lease: number;
  /** Holds the log back while a line of it could wait for a disk. */
  readonly valve: Valve;
  readonly log: Log;
}

/**
 * Freezes and thaws, and lets go of nothing that it has frozen. Between the first freeze and the last thaw it uses only
 * what it has by then: open descriptors, a connected guard, code that is loaded (F2).
 */
export class FreezeService implements Freeze, Service {
  readonly name = 'freeze';
  readonly #parts: FreezeParts;
  readonly #machine = new FreezeMachine();
  readonly #guardEvents: GuardEvents = {
    leaseEnded: () => this.#onGuard('the lease has ended'),
    lost: () => this.#onGuard('the guard died'),
  };
  #held: HeldFileSystems;
  #leftOut: readonly LeftOut[] = [];
  #results: readonly HookResult[] = [];
  /** Ends the freezing that is under way. */
  #stop = new AbortController();
  /** The freezing or thawing that is under way; never rejects. */
  #work: Promise<unknown> = Promise.resolve();
  #waiters: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(parts: FreezeParts) {
    this.#parts = parts;
    this.#held = new HeldFileSystems(parts.system);
  }

  get phase(): FreezePhase {
    return this.#machine.phase;
  }

  /** Settles what an earlier process has left. */
  async start(): Promise<void> {
    const { system, log } = this.#parts;
    const record = system.readRecord();
    if (record?.kind === 'ended') {
      this.#machine.endedBefore(record.reason);
      this.#work = this.#thawHooks();
    } else if (record !== undefined && !system.isOtherAgent(record.pid)) {
      log.warn('an earlier agent has left file systems frozen');
      await thawOthers(this.#parts);
      const now = system.readRecord();
      const reason = now?.kind === 'ended' ? now.reason : 'the agent died';
      system.writeRecord({ kind: 'ended', reason });
      this.#machine.endedBefore(reason);
      this.#work = this.#thawHooks(); // which whoever has frozen may not have lived to call; no door waits for it
    } else if (record === undefined && system.original.exists()) await this.#adopt();
  }

  async stop(): Promise<void> {
    if (this.phase === 'frozen') this.#thawEarly('the agent was stopped');
    this.#stop.abort(new AgentError('cancelled', 'the agent is being stopped'));
    await this.#work;
  }

  async freeze(mountPoints?: readonly string[]): Promise<number> {
    this.#machine.begin(Date.now());
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const work = this.#freeze(mountPoints, signal);
    this.#work = work.catch(() => {}).then(() => this.#release());
    // A host is told at once, also while a call of the kernel still has to end before the thaw is complete.
    return Promise.race([work, whenAborted(signal)]);
  }

  async thaw(): Promise<number> {
    try {
      return await this.#thaw();
    } finally {
      this.#release();
    }
  }

  async #thaw(): Promise<number> {
    this.#stop.abort(new AgentError('cancelled', 'a thaw was asked for while freezing'));
    while (this.phase === 'freezing' || this.phase === 'thawing') await patiently(this.#work);
    let count = 0;
    if (this.phase === 'frozen') {
      const thawing = this.#thawHeld();
      this.#work = thawing;
      count = await thawing;
    }
    const untold = this.#machine.takeUntold();
    count += await thawOthers(this.#parts);
    this.#parts.system.original.remove();
    if (untold !== undefined) {
      this.#parts.system.writeRecord(undefined);
      throw new AgentError('failed', `the freeze ended early: ${untold}; copies made of the disks may be inconsistent`);
    }
    await this.#thawHooks();
    const failed = this.#results.find(({ phase, outcome }) => phase === 'thaw' && /failed|timed-out/.test(outcome));
    if (failed !== undefined) {
      throw new AgentError('failed', `everything is thawed, but hook ${failed.name} ${failed.outcome}`);
    }
    return count;
  }

  async renew(seconds = this.#parts.lease): Promise<number> {
    if (seconds < 1 || seconds > MAX_LEASE) {
      throw new AgentError('invalid-argument', `a lease is 1 to ${MAX_LEASE} seconds`);
    }
    if (this.phase !== 'frozen') throw new AgentError('refused', 'no file system is frozen');
    await this.#held.lease(seconds);
    this.#machine.renew(this.#parts.system.now() + seconds * 1000);
    return seconds;
  }

  describe(): FreezeDescription {
    const { period, phase } = this.#machine;
    const left = this.#machine.leaseLeft(this.#parts.system.now());
    return {
      phase,
      ...(period && { since: Math.floor(period.since / 1000) }),
      ...(left !== undefined && { leaseLeft: Math.ceil(left / 1000) }),
      fileSystems: this.#held.describe(),
      leftOut: this.#leftOut,
      hooks: this.#results,
      ...(period?.achieved && { achieved: period.achieved }),
      ...(period?.ended !== undefined && { ended: period.ended }),
    };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async thawed(): Promise<void> {
    if (this.phase === 'thawed') return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async #freeze(mountPoints: readonly string[] | undefined, signal: AbortSignal): Promise<number> {
    this.#held = new HeldFileSystems(this.#parts.system);
    this.#leftOut = [];
    this.#results = [];
    try {
      this.#results = await this.#parts.hooks.freeze(signal);
    } catch (error) {
      this.#machine.thawing();
      this.#end();
      throw error;
    }
    try {
      const skipped = await this.#prepare(mountPoints, signal);
      await this.#held.freeze(signal);
      const count = this.#held.frozenCount;
      if (count === 0) {
        await this.#abandon();
        return 0;
      }
      const isComplete = count === this.#held.count && skipped === 0;
      await Promise.race([this.#hold(isComplete), whenAborted(signal)]);
      return count;
    } catch (error) {
      await this.#abandon();
      throw error;
    }
  }

  /** Everything that freezing and thawing need, while a disk may still be touched. @returns file systems left out */
  async #prepare(mountPoints: readonly string[] | undefined, signal: AbortSignal): Promise<number> {
    const { system, log } = this.#parts;
    signal.throwIfAborted();
    const plan = system.plan();
    const chosen = mountPoints === undefined ? plan.fileSystems : chooseFrom(plan, mountPoints);
    this.#leftOut = plan.leftOut;
    if (chosen.length > MAX_FILE_SYSTEMS) {
      throw new AgentError('unsupported', `more than ${MAX_FILE_SYSTEMS} file systems`);
    }
    for (const fileSystem of chosen) {
      if (await this.#held.add(fileSystem)) continue;
      this.#leftOut = [...this.#leftOut, { ...nameOf(fileSystem), reason: 'other mounts hide it' }];
    }
    await this.#held.guard(FREEZING_SECONDS, this.#guardEvents);
    signal.throwIfAborted();
    system.writeRecord({ kind: 'frozen', pid: process.pid });
    log.info('freezing', { fileSystems: this.#held.describe().map(({ mountPoint }) => mountPoint) });
    this.#parts.valve.shut();
    return plan.fileSystems.length - this.#held.count;
  }

  async #hold(isComplete: boolean): Promise<void> {
    const { system, lease } = this.#parts;
    await this.#held.lease(lease);
    const hooksDone = this.#results.every(({ outcome }) => outcome === 'done');
    this.#machine.frozen(system.now() + lease * 1000, isComplete && hooksDone ? 'consistent' : 'crash-consistent');
    this.#tell();
  }

  /** After a freeze that came to nothing: the host is told by its answer. */
  async #abandon(): Promise<void> {
    await this.#thawHeld();
    await this.#thawHooks();
  }

  #onGuard(reason: string): void {
    if (this.phase === 'frozen') this.#thawEarly(reason);
    else this.#stop.abort(new AgentError('timeout', `freezing was given up: ${reason}`));
  }

  #thawEarly(reason: string): void {
    this.#work = this.#thawHeld(reason).then(async () => {
      this.#parts.log.warn('thawed before a host has asked for it', { reason });
      await this.#thawHooks();
      this.#release();
    });
  }

  /** Who waits to stop this process does so behind the answer to the host that has thawed. */
  #release(): void {
    setImmediate(() => {
      if (this.phase === 'thawed') for (const waiter of this.#waiters.splice(0)) waiter();
    });
  }

  /** @param early why, when no host has asked for it. Never rejects. @returns file systems that were frozen */
  async #thawHeld(early?: string): Promise<number> {
    this.#machine.thawing();
    const count = await this.#held.thaw();
    this.#parts.system.writeRecord(early === undefined ? undefined : { kind: 'ended', reason: early });
    this.#end(early);
    return count;
  }

  #end(early?: string): void {
    this.#machine.thawed(early);
    const lost = this.#parts.valve.open();
    if (lost > 0) this.#parts.log.warn('lines of the log were lost while frozen', { lost });
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** What qemu-ga has left frozen stays so, under a lease. */
  async #adopt(): Promise<void> {
    const { system, log } = this.#parts;
    log.warn('qemu-ga has left the guest frozen');
    this.#machine.begin(Date.now());
    try {
      await holdOthers(this.#held, this.#parts);
      await this.#held.guard(this.#parts.lease, this.#guardEvents);
      system.writeRecord({ kind: 'frozen', pid: process.pid });
      this.#parts.valve.shut();
      await this.#hold(false);
      system.original.remove();
    } catch (error) {
      await this.#thawHeld();
      log.error('thawed, because it cannot be guarded', { error });
    }
  }

  async #thawHooks(): Promise<void> {
    const before = this.#results.filter(({ phase }) => phase === 'freeze');
    this.#results = [...before, ...(await this.#parts.hooks.thaw())];
  }
}

/** What can be thawed is by then; a call of the kernel that does not come back keeps no host. */
function patiently(work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = new AgentError('timeout', 'the thaw is still under way: a file system or a hook does not come back');
    const deadline = after(THAW_LIMIT_MS, () => reject(late));
    work.then(resolve, reject).finally(() => deadline[Symbol.dispose]());
  });
}
