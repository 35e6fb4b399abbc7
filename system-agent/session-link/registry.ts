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

/** Why an agent no longer speaks for its session. */
export interface Objection {
  readonly agent: RegisteredAgent;
  readonly reason: AgentError;
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

  /**
   * @returns `displaced`: an agent of the session whose process has ended, though its connection has not
   * @throws {AgentError} 'refused': no session is its own; 'busy': the session has an agent
   */
  add(connection: Connection, hello: HelloFromSession): { readonly session: string; readonly displaced?: Objection } {
    const session = this.#identify(connection, hello.session);
    const present = this.#agents.get(session);
    const reason = present && this.#objection(present);
    if (present !== undefined && reason === undefined) {
      throw new AgentError('busy', `session ${session} has an agent already`);
    }
    this.#agents.set(session, { connection, session, hello });
    return present && reason ? { session, displaced: { agent: present, reason } } : { session };
  }

  /** @returns the agent that it was, if it was one */
  remove(connection: Connection): RegisteredAgent | undefined {
    const agent = this.agents.find((one) => one.connection === connection);
    if (agent !== undefined) this.#agents.delete(agent.session);
    return agent;
  }

  /** Looks at all of them again (S8). @returns those that no longer speak for their session, with the reason; removed */
  recheck(): readonly Objection[] {
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
