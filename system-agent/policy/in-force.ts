import type { JsonObject } from '#shared/json/value.ts';
import type { Log } from '#shared/log/log.ts';
import { formatProblem } from '../config/findings.ts';
import type { Door } from './classes.ts';
import { type Decision, type Places, PolicyEngine } from './engine.ts';
import type { Reading } from './parse.ts';
import type { Policy } from './policy.ts';

/** The policy as doors and ports see it: it can be another one at the next request. */
export class PolicyInForce {
  #engine: PolicyEngine;
  readonly #listeners = new Set<() => void>();

  /**
   * @param file where the policy is read from
   * @param read reads it, now and whenever it is to be read again
   * @param now milliseconds by a clock that never jumps
   */
  constructor(
    private readonly file: string,
    private readonly read: (file: string) => Reading,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { policy, problems } = read(file);
    this.#engine = new PolicyEngine(policy, now);
    if (policy.broken === undefined) return;
    for (const problem of problems) log.error('the policy is not understood', { problem: formatProblem(problem) });
  }

  get policy(): Policy {
    return this.#engine.policy;
  }

  enabled(door: Door, command: string): Decision {
    return this.#engine.enabled(door, command);
  }

  decide(door: Door, command: string, args?: JsonObject): Decision {
    return this.#engine.decide(door, command, args);
  }

  placesFor(path: string, writes: boolean): Places | undefined {
    return this.#engine.placesFor(path, writes);
  }

  isNamedProgram(program: string): boolean {
    return this.#engine.isNamedProgram(program);
  }

  /** A mistake leaves the policy as it was, as it does the lists of commands. Rates begin anew. */
  reload(): void {
    const { policy, problems } = this.read(this.file);
    for (const problem of problems) {
      this.log.error('the policy is not understood and stays as it was', { problem: formatProblem(problem) });
    }
    if (policy.broken !== undefined) return;
    this.#engine = new PolicyEngine(policy, this.now);
    this.log.info('the policy was read again', { profile: policy.profile, rules: policy.rules.length });
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** For `uga status` and `uga doctor`. */
  describe(): {
    readonly profile: string;
    readonly file: string;
    readonly rules: number;
    readonly broken: string | undefined;
  } {
    const { profile, rules, broken } = this.policy;
    return { profile, file: this.file, rules: rules.length, broken };
  }

  /**
   * Why a command of a door is refused, or undefined. Without arguments: whether any of its requests could be allowed;
   * with them: this request, which uses up a token where a rate applies.
   */
  objectionTo(door: Door, command: string, args?: JsonObject): string | undefined {
    const decision = args === undefined ? this.enabled(door, command) : this.decide(door, command, args);
    return decision.allowed ? undefined : decision.rule;
  }
}
