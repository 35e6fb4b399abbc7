import {
  type AgentStatus,
  type DoorStatus,
  type FreezeStatus,
  fieldText,
  MAX_DETAIL,
  type SessionAgentStatus,
} from '#protocol/control/status.ts';
import type { HelloFromSession } from '#protocol/ipc/messages/hello.ts';
import type { Channel } from '../channels/channel.ts';
import type { Freeze } from '../freeze/freeze.ts';
import type { Served, SessionsSnapshot } from '../sessions/sessions.ts';
import type { DescribedDoor } from './described.ts';

/** The parts of the agent that tell of themselves. They are asked when somebody asks, and at no other time. */
export interface Overview {
  readonly program: AgentStatus['program'];
  readonly doors: readonly OverviewDoor[];
  readonly sessions: { readonly snapshot: SessionsSnapshot };
  readonly decision: { readonly served: Served | undefined };
  readonly link: { readonly agents: readonly OverviewAgent[] };
  readonly pointer: { describe(): AgentStatus['pointer'] };
  readonly bus: { readonly connected: boolean };
  /** Undefined where nothing can be frozen. */
  readonly freeze: Pick<Freeze, 'describe'> | undefined;
  /** What hosts may do, as it is in force now. */
  readonly policy: { describe(): AgentStatus['policy'] };
  /** Undefined when nothing is recorded. */
  readonly audit: { describe(): NonNullable<AgentStatus['audit']> } | undefined;
  /** Logins that hosts offer; undefined where the agent has no right to take them. */
  readonly sso: { describe(): NonNullable<AgentStatus['sso']> } | undefined;
  /** What is wrong with the configuration or forbidden by it, a line each. */
  readonly problems: readonly string[];
}

export interface OverviewDoor {
  readonly name: string;
  /** Undefined for a door that is off. */
  readonly open: { readonly channel: Channel; readonly door: DescribedDoor } | undefined;
}

/** The part of a registered agent that is told. */
export interface OverviewAgent {
  readonly session: string;
  readonly hello: HelloFromSession;
  readonly connection: { readonly uid: number; readonly process: { readonly credentials: { readonly pid: number } } };
}

/**
 * What a local user may know: root, and the user that the agent runs as, everything; others what concerns themselves and
 * whether hosts are there, not what they ask.
 */
export function statusFor(uid: number, parts: Overview): AgentStatus {
  const complete = uid === 0 || uid === parts.program.uid;
  const mine = <T extends { readonly uid: number }>(all: readonly T[]) =>
    all.filter((one) => complete || one.uid === uid);
  const { snapshot } = parts.sessions;
  const { served } = parts.decision;
  return {
    program: parts.program,
    complete,
    doors: parts.doors.map((door) => doorStatus(door, complete)),
    source: snapshot.source,
    sessions: mine(snapshot.sessions)
      .slice(0, MAX_ROWS)
      .map((session) => {
        const isServed = served?.session.id === session.id && served.session.uid === session.uid;
        return {
          ...session,
          id: fieldText(session.id, 64),
          user: fieldText(session.user, 256),
          served: isServed,
          clipboard: isServed && served.clipboard,
          files: isServed && served.files,
        };
      }),
    agents: mine(parts.link.agents.map(agentStatus)).slice(0, MAX_ROWS),
    pointer: cleaned(parts.pointer.describe()),
    bus: { connected: parts.bus.connected },
    freeze: parts.freeze && freezeStatus(parts.freeze),
    policy: complete ? policyStatus(parts.policy.describe()) : undefined,
    audit: complete ? auditStatus(parts.audit?.describe()) : undefined,
    sso: complete ? ssoStatus(parts.sso?.describe()) : undefined,
    problems: complete ? parts.problems.slice(0, MAX_PROBLEMS).map((problem) => fieldText(problem)) : [],
  };
}

const MAX_ROWS = 256;
const MAX_PROBLEMS = 64;

function doorStatus({ name, open }: OverviewDoor, complete: boolean): DoorStatus {
  if (open === undefined) {
    return { name, channel: 'off', state: 'off', since: 0, why: undefined, traffic: undefined, details: [] };
  }
  const { channel, door } = open;
  const { since, why, received, sent } = channel.describe();
  const { requests, last, details } = door.describe();
  return {
    name,
    channel: fieldText(channel.description),
    state: channel.state,
    since: Math.floor(since),
    why: why === undefined ? undefined : fieldText(why),
    traffic: complete
      ? { received, sent, requests, last: last && { name: last.name, at: Math.floor(last.at) } }
      : undefined,
    details: complete ? details.slice(0, 16).map((one) => ({ ...one, text: fieldText(one.text, MAX_DETAIL) })) : [],
  };
}

function agentStatus({ session, hello, connection }: OverviewAgent): SessionAgentStatus {
  const { build, display, ways = [] } = hello;
  return { session, uid: connection.uid, pid: connection.process.credentials.pid, build, display, ways };
}

function freezeStatus(freeze: Pick<Freeze, 'describe'>): FreezeStatus {
  const { phase, leaseLeft, achieved, ended } = freeze.describe();
  return { state: phase, leaseLeft, achieved, ended: ended === undefined ? undefined : fieldText(ended) };
}

function policyStatus(policy: AgentStatus['policy']): AgentStatus['policy'] {
  if (policy === undefined) return undefined;
  const { file, broken } = policy;
  return { ...policy, file: fieldText(file), broken: broken === undefined ? undefined : fieldText(broken) };
}

function auditStatus(audit: AgentStatus['audit']): AgentStatus['audit'] {
  if (audit === undefined) return undefined;
  return { ...audit, folder: fieldText(audit.folder), why: audit.why === undefined ? undefined : fieldText(audit.why) };
}

function ssoStatus(sso: AgentStatus['sso']): AgentStatus['sso'] {
  if (sso === undefined) return undefined;
  const { state, why } = sso;
  return { state, why: why === undefined ? undefined : fieldText(why) };
}

function cleaned({ uinput, available, why }: AgentStatus['pointer']): AgentStatus['pointer'] {
  return { uinput: fieldText(uinput), available, why: why === undefined ? undefined : fieldText(why) };
}
