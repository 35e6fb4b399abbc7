/**
 * Who owns one selection, and what to do about it. Pure: no timer, no socket, no desktop.
 *
 *     nobody --app-copied----> guest --app-cleared--> nobody
 *     nobody --host-grabbed--> host  --host-released, app-cleared, rights lost--> nobody
 *     guest <--app-took, app-copied / host-grabbed--> host      the last one wins
 *
 * Every `app-pastes` is answered by exactly one `answer-paste` and every `host-reads` by exactly one `answer-read`:
 * with content, or without when the owner changes, the rights go or the time is up.
 */
import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import { type Content, Flow } from '#shared/bytes/flow.ts';

/** An application that waits for the host's content. */
export interface Paste {
  readonly id: number;
  readonly type: ClipboardType;
}

export type Owner =
  | { readonly kind: 'nobody' }
  | {
      readonly kind: 'guest';
      /** Empty while the owning application has not yet said what it has. */
      readonly types: readonly ClipboardType[];
      /** The host's side was told and not yet told otherwise. */
      readonly announced: boolean;
      /** Reads of the host's side that the application has not answered. */
      readonly reads: readonly number[];
    }
  | {
      readonly kind: 'host';
      readonly types: readonly ClipboardType[];
      /** Tells content of this grab from content of an earlier one that comes late. */
      readonly generation: number;
      readonly pastes: readonly Paste[];
      /** Short contents of this grab that were pasted already: some programs ask again every second. */
      readonly kept: ReadonlyMap<ClipboardType, Content>;
    };

export interface State {
  /** The session may use the clipboard now (D10). What applications own is remembered meanwhile, and told to nobody. */
  readonly allowed: boolean;
  /** Of the last grab of the host's side. */
  readonly generation: number;
  /** Serial of the last grab that the host's side told, which our own grabs carry; undefined for one that does not count. */
  readonly hostSerial: number | undefined;
  readonly owner: Owner;
}

export type Input =
  /** An application has become owner; what it has is being asked. */
  | { readonly on: 'app-took' }
  | { readonly on: 'app-copied'; readonly types: readonly ClipboardType[] }
  /** No application owns the selection, or one that has nothing we can carry. */
  | { readonly on: 'app-cleared' }
  | { readonly on: 'app-pastes'; readonly paste: Paste }
  | { readonly on: 'app-content'; readonly id: number; readonly content: Content | undefined }
  | { readonly on: 'paste-overdue'; readonly id: number }
  /** `types`: those that this desktop can offer. */
  | { readonly on: 'host-grabbed'; readonly types: readonly ClipboardType[]; readonly serial: number | undefined }
  | { readonly on: 'host-released' }
  | { readonly on: 'host-reads'; readonly id: number; readonly type: ClipboardType; readonly maxBytes: number }
  | {
      readonly on: 'host-content';
      readonly generation: number;
      readonly type: ClipboardType;
      readonly content: Content | undefined;
    }
  | { readonly on: 'read-overdue'; readonly id: number }
  | { readonly on: 'rights'; readonly allowed: boolean }
  /** The link is gone; another system agent counts anew. */
  | { readonly on: 'link-down' };

export type Effect =
  | { readonly do: 'send-grab'; readonly types: readonly ClipboardType[]; readonly hostSerial: number | undefined }
  | { readonly do: 'send-release' }
  | { readonly do: 'ask-host'; readonly type: ClipboardType; readonly generation: number }
  | { readonly do: 'read-app'; readonly id: number; readonly type: ClipboardType; readonly maxBytes: number }
  | { readonly do: 'offer'; readonly types: readonly ClipboardType[] }
  | { readonly do: 'withdraw' }
  | { readonly do: 'answer-paste'; readonly id: number; readonly content: Content | undefined }
  /** Without content: `why`. An application that is still being read is left alone then. */
  | { readonly do: 'answer-read'; readonly id: number; readonly content: Content }
  | { readonly do: 'answer-read'; readonly id: number; readonly why: string };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Most pastes or reads that wait at the same time; further ones fail at once. */
export const MAX_WAITING = 32;

/** Longest content of one type that is kept for the next paste while the host's side has it. */
export const MAX_KEPT_BYTES = 1024 * 1024;

/** Is content of this length kept while the host's side has it? */
export function isKept({ length }: Content): boolean {
  return length <= MAX_KEPT_BYTES;
}

const NONE_YET = 0;
const NOBODY: Owner = { kind: 'nobody' };
export const initial: State = { allowed: false, generation: 0, hostSerial: NONE_YET, owner: NOBODY };

export function step(state: State, input: Input): Step {
  const { owner } = state;
  switch (input.on) {
    case 'app-took':
      return become(state, { kind: 'guest', types: [], announced: isAnnounced(owner), reads: [] });

    case 'app-copied': {
      const next: Owner = { kind: 'guest', types: input.types, announced: state.allowed, reads: [] };
      return become(state, next, state.allowed ? [grab(state, input.types)] : []);
    }

    case 'app-cleared':
      return become(state, NOBODY, isAnnounced(owner) ? [{ do: 'send-release' }] : []);

    case 'host-grabbed': {
      const told = { ...state, hostSerial: input.serial };
      if (!state.allowed || input.types.length === 0) return { state: told, effects: [] };
      const generation = state.generation + 1;
      const next: Owner = { kind: 'host', types: input.types, generation, pastes: [], kept: new Map() };
      return become({ ...told, generation }, next, [{ do: 'offer', types: input.types }]);
    }

    case 'host-released':
      if (owner.kind !== 'host') return { state, effects: [] };
      return become(state, NOBODY, [{ do: 'withdraw' }]);

    case 'rights':
      return rights(state, input.allowed);

    case 'link-down':
      return rights({ ...state, hostSerial: NONE_YET }, false);

    case 'app-pastes':
      return paste(state, input.paste);

    case 'host-content': {
      if (owner.kind !== 'host' || owner.generation !== input.generation) return { state, effects: [] };
      const { type, content } = input;
      const served = owner.pastes.filter((paste) => paste.type === type);
      const kept = content !== undefined && isKept(content) ? new Map([...owner.kept, [type, content]]) : owner.kept;
      return answerPastes({ ...state, owner: { ...owner, kept } }, served, content);
    }

    case 'paste-overdue':
      if (owner.kind !== 'host') return { state, effects: [] };
      return answerPastes(
        state,
        owner.pastes.filter(({ id }) => id === input.id),
        undefined,
      );

    case 'host-reads':
      return read(state, input.id, input.type, input.maxBytes);

    case 'app-content': {
      const { id, content } = input;
      const answer: Effect =
        content === undefined
          ? { do: 'answer-read', id, why: 'the application did not give it' }
          : { do: 'answer-read', id, content };
      return answerRead(state, id, answer);
    }

    case 'read-overdue':
      return answerRead(state, input.id, { do: 'answer-read', id: input.id, why: 'the application took too long' });
  }
}

/** Another owner: whoever waits for the former one is told so first. */
function become(state: State, owner: Owner, effects: readonly Effect[] = []): Step {
  return {
    state: { ...state, owner },
    effects: [...failWaiting(state.owner, 'the clipboard has changed'), ...effects],
  };
}

function rights(state: State, allowed: boolean): Step {
  if (allowed === state.allowed) return { state, effects: [] };
  const { owner } = state;
  // The host's side waits for the session's word before it offers what it has.
  if (owner.kind === 'nobody')
    return { state: { ...state, allowed }, effects: allowed ? [{ do: 'send-release' }] : [] };
  const failed = failWaiting(owner, 'the session may not use the clipboard now');
  if (owner.kind === 'host')
    return { state: { ...state, allowed, owner: NOBODY }, effects: [...failed, { do: 'withdraw' }] };
  const announced = allowed && owner.types.length > 0;
  const told: readonly Effect[] = announced
    ? [grab(state, owner.types)]
    : owner.announced
      ? [{ do: 'send-release' }]
      : [];
  return { state: { ...state, allowed, owner: { ...owner, announced, reads: [] } }, effects: [...failed, ...told] };
}

function paste(state: State, wanted: Paste): Step {
  const { owner } = state;
  if (owner.kind !== 'host' || !owner.types.includes(wanted.type) || owner.pastes.length >= MAX_WAITING) {
    return { state, effects: [{ do: 'answer-paste', id: wanted.id, content: undefined }] };
  }
  const content = owner.kept.get(wanted.type);
  if (content !== undefined && !hasFailed(content))
    return { state, effects: [{ do: 'answer-paste', id: wanted.id, content }] };
  const asked = owner.pastes.some(({ type }) => type === wanted.type);
  return {
    state: { ...state, owner: { ...owner, pastes: [...owner.pastes, wanted] } },
    effects: asked ? [] : [{ do: 'ask-host', type: wanted.type, generation: owner.generation }],
  };
}

function answerPastes(state: State, served: readonly Paste[], content: Content | undefined): Step {
  if (state.owner.kind !== 'host') return { state, effects: [] };
  const pastes = state.owner.pastes.filter((one) => !served.includes(one));
  return {
    state: { ...state, owner: { ...state.owner, pastes } },
    effects: served.map(({ id }) => ({ do: 'answer-paste', id, content })),
  };
}

function read(state: State, id: number, type: ClipboardType, maxBytes: number): Step {
  const refuse = (why: string): Step => ({ state, effects: [{ do: 'answer-read', id, why }] });
  const { owner } = state;
  if (!state.allowed) return refuse('the session may not use the clipboard now');
  if (owner.kind !== 'guest') return refuse('no application has copied anything');
  if (!owner.types.includes(type)) return refuse(`the application has no ${type}`);
  if (owner.reads.length >= MAX_WAITING) return refuse('too many reads at once');
  return {
    state: { ...state, owner: { ...owner, reads: [...owner.reads, id] } },
    effects: [{ do: 'read-app', id, type, maxBytes }],
  };
}

function answerRead(state: State, id: number, answer: Effect): Step {
  const { owner } = state;
  if (owner.kind !== 'guest' || !owner.reads.includes(id)) return { state, effects: [] };
  const reads = owner.reads.filter((one) => one !== id);
  return { state: { ...state, owner: { ...owner, reads } }, effects: [answer] };
}

function failWaiting(owner: Owner, why: string): readonly Effect[] {
  if (owner.kind === 'host') return owner.pastes.map(({ id }) => ({ do: 'answer-paste', id, content: undefined }));
  if (owner.kind === 'guest') return owner.reads.map((id) => ({ do: 'answer-read', id, why }));
  return [];
}

function grab({ hostSerial }: State, types: readonly ClipboardType[]): Effect {
  return { do: 'send-grab', types, hostSerial };
}

/** Its end never came, as when the client left in the middle; the next paste asks anew. */
function hasFailed(content: Content): boolean {
  return content instanceof Flow && content.failure !== undefined;
}

function isAnnounced(owner: Owner): boolean {
  return owner.kind === 'guest' && owner.announced;
}
