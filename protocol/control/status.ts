import { featureWay, MAX_WAYS } from '#protocol/ipc/messages/hello.ts';
import { flag, integer, list, maybe, type Read, record, text } from '#shared/schema/record.ts';

const count = integer(0, Number.MAX_SAFE_INTEGER);
/** Milliseconds since the agent's start, by a clock that never jumps. */
const moment = count;
const uid = integer(0, 0xffff_ffff);
const id = text(64);

export const MAX_TEXT = 500;
const note = text(MAX_TEXT);
/** Lists of commands are longer. */
export const MAX_DETAIL = 4_000;

/** What a host has done at a door since the agent's start. */
const traffic = record({
  /** Bytes from hosts, and bytes that were taken for them. */
  received: count,
  sent: count,
  requests: count,
  /** The last request by its name; names only, arguments can be secret. */
  last: maybe(record({ name: text(64), at: moment })),
});

const door = record({
  /** `qga`, `ovirt`, `vdagent`. */
  name: text(32),
  /** As an administrator writes it. */
  channel: note,
  /** `off`, `closed`, `missing`, `busy`, `waiting`, `connected`. */
  state: text(32),
  since: moment,
  /** Reason of the state, where there is one. */
  why: maybe(note),
  /** For root only, like the details. */
  traffic: maybe(traffic),
  /** What only this door knows, in words. */
  details: list(record({ name: text(64), text: text(MAX_DETAIL) }), 16),
});

const session = record({
  id,
  uid,
  user: text(256),
  class: text(32),
  type: text(32),
  seat: maybe(id),
  active: flag,
  locked: flag,
  /** `online`, `active`, `closing`. */
  state: text(32),
  /** Hosts see and reach this one. */
  served: flag,
  clipboard: flag,
  files: flag,
});

const agent = record({
  session: id,
  uid,
  pid: count,
  build: text(64),
  display: text(32),
  ways: list(featureWay, MAX_WAYS),
});

/** The freeze that is, or the last one. */
const freeze = record({
  /** `thawed`, `freezing`, `frozen`, `thawing`. */
  state: text(16),
  /** Seconds until the guest thaws by itself. */
  leaseLeft: maybe(count),
  /** What a copy is worth: `consistent`, `crash-consistent`, `lease-expired`. */
  achieved: maybe(text(32)),
  /** Why it has ended, when no host has ended it. */
  ended: maybe(note),
});

const auditState = record({
  /** `writing`, `held`, `failing`. */
  state: text(32),
  folder: note,
  /** Records there have ever been, those that wait in memory, and those that were lost since the last that was written. */
  count,
  waiting: count,
  lost: count,
  /** Why it fails. */
  why: maybe(note),
});

/** Everything that a running agent tells of itself; without what the one who asks may not see. */
export const agentStatus = record({
  program: record({ version: text(64), commit: text(64), pid: count, uid, effects: text(16) }),
  /** All is shown: the one who asks is root, or the agent's own user. */
  complete: flag,
  doors: list(door, 16),
  /** `logind`, `utmp`, `none`: where the sessions come from. */
  source: text(16),
  sessions: list(session, 256),
  agents: list(agent, 256),
  pointer: record({ uinput: note, available: flag, why: maybe(note) }),
  bus: record({ connected: flag }),
  /** Undefined where nothing can be frozen. */
  freeze: maybe(freeze),
  /** What hosts may do; for root. An agent of an earlier release has none. */
  policy: maybe(
    record({
      profile: text(32),
      /** Where it is read from, whether it is there or not. */
      file: note,
      rules: count,
      /** Why it is not understood: then only what tells of the guest is allowed. */
      broken: maybe(note),
    }),
  ),
  /** The log of what hosts do; undefined when none is kept. */
  audit: maybe(auditState),
  /** Logins that hosts offer; for root. Undefined where the agent takes none. */
  sso: maybe(
    record({
      /** `off`, `idle`, or what becomes of the login that there is: `waiting`, `announced`, `checking`. */
      state: text(16),
      /** Why it is off, or why no login can be announced. */
      why: maybe(note),
    }),
  ),
  /** What is wrong with the configuration, and what it forbids; for root. */
  problems: list(note, 64),
});
export type AgentStatus = Read<typeof agentStatus>;
export type DoorStatus = AgentStatus['doors'][number];
export type SessionStatus = AgentStatus['sessions'][number];
export type FreezeStatus = NonNullable<AgentStatus['freeze']>;
export type SessionAgentStatus = AgentStatus['agents'][number];

/** The text without what a line or a terminal cannot carry, and not longer than a field may be. */
export function fieldText(value: string, maxLength = MAX_TEXT): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return value.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, maxLength);
}
