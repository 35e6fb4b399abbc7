import type { Link } from '#protocol/ipc/link.ts';
import type { SessionFeature } from '#protocol/ipc/messages/hello.ts';
import type { Served } from '../sessions/sessions.ts';

/** The agent of one session, after its hello. Each time that it becomes the served one it is a new object. */
export interface SessionAgent {
  readonly link: Link;
  readonly session: string;
  readonly uid: number;
  readonly display: 'x11' | 'wayland' | 'none';
  has(feature: SessionFeature): boolean;
}

/** The served session with its agent. The rights are those of this moment; a change is a new object and an event. */
export interface ServedAgent extends Served {
  readonly agent: SessionAgent;
}

/**
 * What doors see of the sessions: the served one's agent, or nobody. A handler that a door puts on an agent's link hears
 * that agent only while it is served; a request that was asked before a switch is not answered from after it. Messages
 * named `clipboard.…` and `files.…` pass only with the right to them, and streams end when one of these rights is lost.
 */
export interface SessionLink {
  readonly served: ServedAgent | undefined;
  /** Called after each change of the served agent or of its rights. */
  onServed(listener: (now: ServedAgent | undefined, before: ServedAgent | undefined) => void): Disposable;
}
