import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import type { Content } from '#shared/bytes/flow.ts';
import { FIRST_SERIAL, judgeSerial, nextSerial } from './serial.ts';

/**
 * Who owns one selection, and who waits for its content. Pure: no timer, no channel, no session.
 *
 *     nobody --guest-grabbed---> guest  --guest-released----------------------> nobody
 *     nobody --client-grabbed--> client --client-released, client-changed----> nobody
 *     guest <--guest-grabbed / client-grabbed--> client     the last one wins
 *     any    --closed----------> nobody; what the guest has is remembered and grabbed again when it opens
 *     nobody --guest-released--> client, if the client had grabbed while no session could hear of it: a session says
 *                                first what it has itself, then hears what the client has; so it does with a grab that is
 *                                older than the client's
 *
 * A grab of the session that had not heard of the client's newest one crossed it on the way and is dropped: the session is
 * about to hear of that one, so both name the client.
 *
 * Every request of the client is answered exactly once, and only with what the owner of that moment gives.
 */
export interface State {
  /** The client and the session may use each other's clipboard now. */
  readonly isOpen: boolean;
  readonly owner: 'nobody' | 'guest' | 'client';
  readonly serial: number;
  /** What the session's applications can give, announced or not. */
  readonly guestTypes: readonly ClipboardType[];
  readonly clientTypes: readonly ClipboardType[];
  /** What the client can give, whether a session knows of it or not. */
  readonly clientHas: readonly ClipboardType[];
  /** Questions to the session, at most one for each type. */
  readonly reads: readonly Read[];
  /** Requests that the client has not answered, oldest first. */
  readonly asked: readonly Asked[];
  readonly nextId: number;
  /** Of the last offer, whichever session it went to. */
  readonly offerSerial: number;
  /** This session was offered something: its grabs tell whether it knew that. */
  readonly hasOffered: boolean;
}

interface Read {
  readonly id: number;
  readonly type: ClipboardType;
  /** Requests of the client that its answer is for. */
  readonly requests: number;
}

interface Asked {
  readonly id: number;
  readonly type: ClipboardType;
  readonly pastes: readonly number[];
  /** The answer is owed for a former owner and nobody waits for it. */
  readonly isDead: boolean;
}

export type Input =
  | { readonly on: 'opened' | 'closed' }
  /** Another session, which knows nothing of this one's clipboard. Comes while it is closed. */
  | { readonly on: 'session-changed' }
  /** Another client or none: its grabs and answers are void, and serials begin anew. Closes, too. */
  | { readonly on: 'client-changed' }
  | { readonly on: 'client-grabbed'; readonly serial: number | undefined; readonly types: readonly ClipboardType[] }
  | { readonly on: 'client-released' }
  | { readonly on: 'client-requested'; readonly type: ClipboardType | undefined }
  /** `type` undefined: none, or a type of no meaning here. `data` undefined: it is of no use. */
  | { readonly on: 'client-answered'; readonly type: ClipboardType | undefined; readonly data: Content | undefined }
  /** The client has not answered in time and will not be waited for. */
  | { readonly on: 'client-silent'; readonly id: number }
  /** `offerSerial`: of the last offer that the session had got; undefined from an agent that does not count them. */
  | {
      readonly on: 'guest-grabbed';
      readonly types: readonly ClipboardType[];
      readonly offerSerial: number | undefined;
      /** The application has copied before the client did what is known of it. */
      readonly isOlder: boolean;
    }
  | { readonly on: 'guest-released' }
  | { readonly on: 'guest-pastes'; readonly paste: number; readonly type: ClipboardType }
  | { readonly on: 'paste-cancelled'; readonly paste: number }
  | { readonly on: 'guest-answered'; readonly id: number; readonly data: Content | undefined };

export type Effect =
  | { readonly do: 'send-grab'; readonly serial: number; readonly types: readonly ClipboardType[] }
  | { readonly do: 'send-release' }
  | { readonly do: 'send-request'; readonly id: number; readonly type: ClipboardType }
  | { readonly do: 'send-content'; readonly type: ClipboardType; readonly data: Content }
  | { readonly do: 'send-none' }
  | { readonly do: 'offer'; readonly serial: number; readonly types: readonly ClipboardType[] }
  | { readonly do: 'withdraw' }
  | { readonly do: 'read'; readonly id: number; readonly type: ClipboardType }
  | { readonly do: 'answer-paste'; readonly paste: number; readonly data: Content | undefined }
  | { readonly do: 'count'; readonly kind: 'stale-grab' | 'unasked-content' };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Waiters of one kind, and open questions of one selection: real clients and desktops have one or two. */
export const MAX_WAITING = 16;

export const initial: State = {
  isOpen: false,
  owner: 'nobody',
  serial: FIRST_SERIAL,
  guestTypes: [],
  clientTypes: [],
  clientHas: [],
  reads: [],
  asked: [],
  nextId: 0,
  offerSerial: FIRST_SERIAL,
  hasOffered: false,
};

export function step(state: State, input: Input): Step {
  switch (input.on) {
    case 'opened':
      return state.isOpen ? same(state) : grabForGuest({ ...state, isOpen: true }, []);
    case 'closed':
      return state.isOpen ? close(state) : same(state);
    case 'session-changed':
      return same({ ...state, guestTypes: [], hasOffered: false });
    case 'client-changed':
      return {
        state: { ...disown(state), isOpen: false, serial: FIRST_SERIAL, clientHas: [], asked: [], reads: [] },
        effects: leaveClient(state),
      };
    case 'client-grabbed':
      return clientGrabs(state, input.serial, input.types);
    case 'client-released':
      return clientReleases({ ...state, clientHas: [] });
    case 'client-requested':
      return clientRequests(state, input.type);
    case 'client-answered':
      return clientAnswers(state, input.type, input.data);
    case 'client-silent':
      return answered(state, ({ id }) => id === input.id, undefined) ?? same(state);
    case 'guest-grabbed':
      if (hasCrossed(state, input.offerSerial)) return same(state);
      if (input.types.length === 0) return guestReleases(state);
      if (input.isOlder && isClientsUnheard(state)) return offerClients({ ...state, guestTypes: [] });
      return grabForGuest({ ...disown(state), guestTypes: input.types }, [
        ...refuseRequests(state),
        ...failPastes(state),
      ]);
    case 'guest-released':
      return guestReleases(state);
    case 'guest-pastes':
      return guestPastes(state, input.paste, input.type);
    case 'paste-cancelled':
      return same({
        ...state,
        asked: state.asked.map((one) => ({ ...one, pastes: one.pastes.filter((paste) => paste !== input.paste) })),
      });
    case 'guest-answered':
      return guestAnswers(state, input.id, input.data);
  }
}

function same(state: State): Step {
  return { state, effects: [] };
}

/** Nobody owns it; nobody waits for the former owner's content, which may still come. */
function disown(state: State): State {
  return {
    ...state,
    owner: 'nobody',
    clientTypes: [],
    reads: [],
    asked: state.asked.map((one) => ({ ...one, pastes: [], isDead: true })),
  };
}

function refuseRequests({ reads }: State): Effect[] {
  return reads.flatMap(({ requests }) => Array.from({ length: requests }, (): Effect => ({ do: 'send-none' })));
}

function failPastes({ asked }: State): Effect[] {
  return asked.flatMap(({ pastes }) => pastes.map((paste): Effect => ({ do: 'answer-paste', paste, data: undefined })));
}

/** What the session knows of the client's ownership: nothing, where it could use none of the types. */
function withdraw({ clientTypes }: State): Effect[] {
  return clientTypes.length > 0 ? [{ do: 'withdraw' }] : [];
}

/** The session's side of the client's ownership ends. */
function leaveClient(state: State): Effect[] {
  return [...failPastes(state), ...withdraw(state)];
}

function close(state: State): Step {
  const release: Effect[] = state.owner === 'guest' ? [{ do: 'send-release' }] : [];
  return {
    state: { ...disown(state), isOpen: false },
    effects: [...refuseRequests(state), ...release, ...leaveClient(state)],
  };
}

function grabForGuest(state: State, before: readonly Effect[]): Step {
  const { guestTypes: types, serial } = state;
  if (!state.isOpen || types.length === 0) return { state, effects: before };
  return {
    state: { ...state, owner: 'guest', serial: nextSerial(serial), clientHas: [] },
    effects: [...before, { do: 'send-grab', serial, types }],
  };
}

function clientGrabs(state: State, serial: number | undefined, types: readonly ClipboardType[]): Step {
  const verdict = serial === undefined ? 'new' : judgeSerial(state.serial, serial);
  if (verdict === 'stale') return { state, effects: [{ do: 'count', kind: 'stale-grab' }] };
  // Counted also while it means nothing: the client has counted it.
  const counted = { ...state, clientHas: types, serial: verdict === 'new' ? nextSerial(state.serial) : state.serial };
  if (!state.isOpen) return same(counted);
  const next: State = { ...disown(counted), owner: 'client', clientTypes: types, guestTypes: [] };
  const before = [...refuseRequests(state), ...failPastes(state)];
  return types.length > 0 ? offer(next, before) : { state: next, effects: [...before, ...withdraw(state)] };
}

function clientReleases(state: State): Step {
  return state.owner === 'client' ? { state: disown(state), effects: leaveClient(state) } : same(state);
}

function clientRequests(state: State, type: ClipboardType | undefined): Step {
  const refusal: Step = { state, effects: [{ do: 'send-none' }] };
  if (type === undefined || state.owner !== 'guest' || !state.guestTypes.includes(type)) return refusal;
  const read = state.reads.find((one) => one.type === type);
  if (read !== undefined) {
    if (read.requests >= MAX_WAITING) return refusal;
    return same({ ...state, reads: replace(state.reads, read, { ...read, requests: read.requests + 1 }) });
  }
  const id = state.nextId;
  return {
    state: { ...state, nextId: id + 1, reads: [...state.reads, { id, type, requests: 1 }] },
    effects: [{ do: 'read', id, type }],
  };
}

function guestAnswers(state: State, id: number, data: Content | undefined): Step {
  const read = state.reads.find((one) => one.id === id);
  if (read === undefined) return same(state); // asked of a former owner, and refused since
  const { type } = read;
  const answer: Effect = data === undefined ? { do: 'send-none' } : { do: 'send-content', type, data };
  return {
    state: { ...state, reads: state.reads.filter((one) => one !== read) },
    effects: Array.from({ length: read.requests }, () => answer),
  };
}

/** The session has not yet heard of the client's newest grab, and gives way when it does. */
function hasCrossed({ hasOffered, offerSerial }: State, known: number | undefined): boolean {
  return hasOffered && known !== undefined && known !== offerSerial;
}

/** The client has grabbed while no session could hear of it. */
function isClientsUnheard({ isOpen, owner, clientHas }: State): boolean {
  return isOpen && owner === 'nobody' && clientHas.length > 0;
}

function guestReleases(state: State): Step {
  if (state.owner !== 'guest') return offerClients({ ...state, guestTypes: [] });
  return {
    state: { ...disown(state), guestTypes: [] },
    effects: [...refuseRequests(state), { do: 'send-release' }],
  };
}

/** The session has nothing of its own: what the client had grabbed before is offered to it. */
function offerClients(state: State): Step {
  const { isOpen, owner, clientHas: types } = state;
  if (!isOpen || owner !== 'nobody' || types.length === 0) return same(state);
  return offer({ ...state, owner: 'client', clientTypes: types }, []);
}

/** Tells the session what the client has now. */
function offer(state: State, before: readonly Effect[]): Step {
  const serial = nextSerial(state.offerSerial);
  return {
    state: { ...state, offerSerial: serial, hasOffered: true },
    effects: [...before, { do: 'offer', serial, types: state.clientTypes }],
  };
}

function guestPastes(state: State, paste: number, type: ClipboardType): Step {
  const failure: Step = { state, effects: [{ do: 'answer-paste', paste, data: undefined }] };
  if (state.owner !== 'client' || !state.clientTypes.includes(type)) return failure;
  const asked = state.asked.find((one) => one.type === type && !one.isDead);
  if (asked !== undefined) {
    if (asked.pastes.length >= MAX_WAITING) return failure;
    return same({ ...state, asked: replace(state.asked, asked, { ...asked, pastes: [...asked.pastes, paste] }) });
  }
  if (state.asked.length >= MAX_WAITING) return failure;
  const id = state.nextId;
  return {
    state: { ...state, nextId: id + 1, asked: [...state.asked, { id, type, pastes: [paste], isDead: false }] },
    effects: [{ do: 'send-request', id, type }],
  };
}

/** Answers carry no id: those of one type come in the order of the requests, and "none" is for the oldest of all. */
function clientAnswers(state: State, type: ClipboardType | undefined, data: Content | undefined): Step {
  const isIt = (one: Asked) => type === undefined || one.type === type;
  const content = type === undefined ? undefined : data;
  return answered(state, isIt, content) ?? { state, effects: [{ do: 'count', kind: 'unasked-content' }] };
}

function answered(state: State, isIt: (one: Asked) => boolean, data: Content | undefined): Step | undefined {
  const asked = state.asked.find(isIt);
  if (asked === undefined) return undefined;
  return {
    state: { ...state, asked: state.asked.filter((one) => one !== asked) },
    effects: asked.pastes.map((paste) => ({ do: 'answer-paste', paste, data })),
  };
}

function replace<T>(list: readonly T[], old: T, replacement: T): T[] {
  return list.map((one) => (one === old ? replacement : one));
}
