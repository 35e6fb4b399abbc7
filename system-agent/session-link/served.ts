import { SESSION_FEATURES, type SessionFeature } from '#protocol/ipc/messages/hello.ts';
import type { Log } from '#shared/log/log.ts';
import type { Served } from '../sessions/sessions.ts';
import { ServedPeriod } from './period.ts';
import type { AgentRegistry, RegisteredAgent } from './registry.ts';
import type { ServedAgent, SessionLink } from './session-link.ts';

/** Who decides which session is served; it is told who has an agent, because that counts. */
export interface ServedDecision {
  readonly served: Served | undefined;
  onServed(listener: (now: Served | undefined) => void): Disposable;
  setAgents(agents: readonly { readonly session: string; readonly uid: number }[]): void;
}

type Listener = (now: ServedAgent | undefined, before: ServedAgent | undefined) => void;

interface Present {
  readonly served: ServedAgent;
  readonly registered: RegisteredAgent;
  readonly period: ServedPeriod;
}

/**
 * Brings the decision and the agents together: each agent hears its rights, doors hear of the served one. Each time an
 * agent becomes the served one it is a new `SessionAgent`, so that nothing of an earlier time sticks to it.
 */
export class ServedAgents implements SessionLink {
  readonly #decision: ServedDecision;
  readonly #registry: AgentRegistry;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();
  #present: Present | undefined;
  #isWorking = false;
  #isStale = false;

  constructor(decision: ServedDecision, registry: AgentRegistry, log: Log) {
    this.#decision = decision;
    this.#registry = registry;
    this.#log = log;
  }

  get served(): ServedAgent | undefined {
    return this.#present?.served;
  }

  onServed(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** To be called when agents have come or gone. */
  agentsChanged(): void {
    this.#decision.setAgents(this.#registry.agents.map(({ session, connection: { uid } }) => ({ session, uid })));
    this.refresh();
  }

  /** To be called when the decision has changed. What a listener causes waits until all have heard of this change. */
  refresh(): void {
    this.#isStale = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    while (this.#isStale) {
      this.#isStale = false;
      this.#update();
    }
    this.#isWorking = false;
  }

  #update(): void {
    const before = this.#present;
    const now = this.#next(this.#decision.served);
    this.#present = now;
    // Who loses the session hears it before anybody acts for the one that comes instead.
    if (before?.period !== now?.period) before?.period.end();
    for (const registered of this.#registry.agents) {
      const isServed = registered === now?.registered;
      registered.connection.rights = {
        served: isServed,
        clipboard: isServed && now.served.clipboard,
        files: isServed && now.served.files,
      };
    }
    if (before?.served !== now?.served) this.#tell(now?.served, before?.served);
  }

  #next(served: Served | undefined): Present | undefined {
    const registered = served && this.#registry.agentOf(served.session.id);
    if (served === undefined || registered === undefined) return undefined;
    if (registered.connection.uid !== served.session.uid) return undefined;
    const present = this.#present;
    if (present?.registered !== registered) return begin(served, registered);
    present.period.rights = served;
    const { served: before } = present;
    if (before.clipboard === served.clipboard && before.files === served.files) return present;
    return { ...present, served: { ...served, agent: before.agent } };
  }

  #tell(now: ServedAgent | undefined, before: ServedAgent | undefined): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(now, before);
      } catch (error) {
        this.#log.error('a listener of the session link failed', { error });
      }
    }
  }
}

function begin(served: Served, registered: RegisteredAgent): Present {
  const { connection, session, hello } = registered;
  const period = new ServedPeriod(connection.peer, connection.lasting, served);
  const features: ReadonlySet<SessionFeature> = new Set(SESSION_FEATURES.filter((one) => hello.features.includes(one)));
  const agent = {
    link: period,
    session,
    uid: connection.uid,
    display: hello.display,
    has: (feature: SessionFeature) => features.has(feature),
  };
  return { served: { ...served, agent }, registered, period };
}
