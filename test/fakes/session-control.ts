import type { Request } from '#protocol/ipc/definition.ts';
import { AgentError } from '#shared/errors.ts';
import type {
  ListedSession,
  LockOutcome,
  LoginManager,
  LogOffOutcome,
  SessionAgents,
  SessionControl,
} from '#system-agent/session-control/session-control.ts';

/** What a host asked for, and answers that the test gives. */
export class FakeSessionControl implements SessionControl {
  readonly asked: (readonly ['lock' | 'logOff', string | undefined])[] = [];
  sessions: readonly ListedSession[] = [];
  locked: readonly LockOutcome[] = [];
  /** Undefined: nobody is there. */
  ended: LogOffOutcome | undefined;

  list(): readonly ListedSession[] {
    return this.sessions;
  }

  async lock(id?: string): Promise<readonly LockOutcome[]> {
    this.asked.push(['lock', id]);
    return this.locked;
  }

  async logOff(id?: string): Promise<LogOffOutcome> {
    this.asked.push(['logOff', id]);
    if (this.ended === undefined) throw new AgentError('not-found', 'nobody is logged in at this machine');
    return this.ended;
  }
}

/** Agents by session; each answers what the test says, or throws. */
export class FakeSessionAgents implements SessionAgents {
  readonly answers = new Map<string, (name: string, body: unknown) => unknown>();
  readonly asked: { readonly session: string; readonly name: string; readonly body: unknown }[] = [];

  hasAgent(session: string): boolean {
    return this.answers.has(session);
  }

  async ask<Body, Result>(session: string, { name }: Request<Body, Result>, body: Body): Promise<Result> {
    this.asked.push({ session, name, body });
    const answer = this.answers.get(session);
    if (answer === undefined) throw new AgentError('not-found', 'no agent');
    return (await answer(name, body)) as Result;
  }
}

/** What logind is asked for. */
export class FakeLoginManager implements LoginManager {
  readonly asked: (readonly ['lock' | 'terminate', string])[] = [];
  /** What comes of it; may throw. */
  act: (what: 'lock' | 'terminate', id: string) => void = () => {};

  async lock(id: string): Promise<void> {
    this.asked.push(['lock', id]);
    this.act('lock', id);
  }

  async terminate(id: string): Promise<void> {
    this.asked.push(['terminate', id]);
    this.act('terminate', id);
  }
}
