import type { HelloFromSession } from '#protocol/ipc/messages/hello.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Connection } from './connection.ts';
import { sessionOf } from './identity.ts';

/** A connection that has proved its session. */
export interface RegisteredAgent {
  readonly connection: Connection;
  readonly session: string;
  readonly hello: HelloFromSession;
}

/** The agents by their sessions: at most one each. */
export class AgentRegistry {
  readonly #agents = new Map<string, RegisteredAgent>();

  constructor(
    private readonly sessions: Sessions,
    private readonly allowUids: ReadonlySet<number>,
  ) {}

  get agents(): readonly RegisteredAgent[] {
    return [...this.#agents.values()];
  }

  agentOf(session: string): RegisteredAgent | undefined {
    return this.#agents.get(session);
  }

  /** @throws {AgentError} 'refused': no session is its own, or the session has an agent */
  add(connection: Connection, hello: HelloFromSession): RegisteredAgent {
    const session = this.#identify(connection, hello.session);
    if (this.#agents.has(session)) throw new AgentError('refused', `session ${session} has an agent already`);
    const agent = { connection, session, hello };
    this.#agents.set(session, agent);
    return agent;
  }

  /** @returns the agent that it was, if it was one */
  remove(connection: Connection): RegisteredAgent | undefined {
    const agent = this.agents.find((one) => one.connection === connection);
    if (agent !== undefined) this.#agents.delete(agent.session);
    return agent;
  }

  /** Looks at all of them again (S8). @returns those that no longer speak for their session, with the reason; removed */
  recheck(): readonly { readonly agent: RegisteredAgent; readonly reason: AgentError }[] {
    return this.agents.flatMap((agent) => {
      const reason = this.#objection(agent);
      if (reason === undefined) return [];
      this.#agents.delete(agent.session);
      return [{ agent, reason }];
    });
  }

  #objection({ connection, session }: RegisteredAgent): AgentError | undefined {
    try {
      const now = this.#identify(connection, session);
      return now === session ? undefined : new AgentError('refused', `the process is in session ${now} now`);
    } catch (error) {
      return error instanceof AgentError ? error : new AgentError('failed', messageOf(error), { cause: error });
    }
  }

  #identify({ uid, process }: Connection, wanted: string | undefined): string {
    return sessionOf({ uid, cgroup: process.cgroup, wanted }, this.sessions, this.allowUids);
  }
}
