import { type FileFault, MAX_TRANSFERS } from '#protocol/ipc/messages/files.ts';
import type { FileTransferStatus } from '#protocol/vdagent/messages/file-transfer.ts';
import type { Described, describe } from './description.ts';

/**
 * Transfers of one client to one session. Pure: no bytes, no link, no timer.
 *
 * A client names a transfer by an id of its own, which is free again when it ends; towards the session it has a handle of
 * ours, which is never given twice, so that what comes late means nothing (S6). A transfer ends once, and whoever else
 * takes part hears of it: the client by a status unless it has ended it itself, the session by `drop`.
 */
export interface Transfer {
  readonly handle: number;
  readonly size: number;
  readonly received: number;
  readonly more: boolean;
  /** All bytes have come; the session has not said yet that they are a file. */
  readonly isEnding: boolean;
}

export interface State {
  /** By the client's id. */
  readonly transfers: ReadonlyMap<number, Transfer>;
  readonly nextHandle: number;
}

/** - `off`: files are not taken here · `no-agent`: nobody could write them · `locked`: not now */
export type Place = 'ready' | 'off' | 'no-agent' | 'locked';

export type Input =
  | {
      readonly on: 'start';
      readonly id: number;
      readonly place: Place;
      readonly file: ReturnType<typeof describe>;
    }
  /** @property claimed what the message says of its length; a sender may say anything */
  | { readonly on: 'data'; readonly id: number; readonly claimed: bigint; readonly length: number }
  /** The client has ended it. */
  | { readonly on: 'stopped'; readonly id: number }
  /** A part of it was not let through. */
  | { readonly on: 'refused'; readonly id: number }
  /** The session's agent takes it. */
  | { readonly on: 'begun'; readonly handle: number }
  /** The file is there. */
  | { readonly on: 'ended'; readonly handle: number }
  | { readonly on: 'failed'; readonly handle: number; readonly fault: FileFault; readonly free: number | undefined }
  /** Nothing has come for as long as `watch` said. */
  | { readonly on: 'silent'; readonly handle: number }
  | { readonly on: 'client-gone' }
  /** The session can have files no longer. */
  | { readonly on: 'session-gone'; readonly place: Place };

type Status = Omit<FileTransferStatus, 'id'>;

export type Effect =
  | { readonly do: 'answer'; readonly id: number; readonly status: Status }
  | { readonly do: 'begin'; readonly handle: number; readonly name: string; readonly size: number }
  /** What has just come. */
  | { readonly do: 'write'; readonly handle: number }
  | { readonly do: 'end'; readonly handle: number; readonly more: boolean }
  | { readonly do: 'drop'; readonly handle: number }
  /** The client has so long to go on, from now. */
  | { readonly do: 'watch'; readonly handle: number; readonly ms: number };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const initial: State = { transfers: new Map(), nextHandle: 1 };

/** A client sends as fast as we read; with many files at once each has its turn now and then. */
export const IDLE_MS = 120_000;
/** After a file without content clients send one message without content; others may send none. */
export const EMPTY_MS = 3_000;

/** GIOErrorEnum, as clients show it. Source: gioenums.h */
const GIO = { 'bad-name': 10, permission: 14, 'too-many': 31 } as const;

const ERROR: Status = { result: 'error' };

export function step(state: State, input: Input): Step {
  switch (input.on) {
    case 'start':
      return start(state, input);
    case 'data':
      return data(state, input);
    case 'stopped':
      return withId(state, input.id, (transfer) => end(state, input.id, [drop(transfer)]));
    case 'refused':
      return withId(state, input.id, (transfer) => fail(state, input.id, transfer, ERROR));
    case 'begun':
      return withHandle(state, input.handle, (id, { handle, size, isEnding }) => ({
        state,
        effects: [
          answer(id, { result: 'can-send-data' }),
          ...(isEnding ? [] : [{ do: 'watch', handle, ms: size === 0 ? EMPTY_MS : IDLE_MS } as const]),
        ],
      }));
    case 'ended':
      return withHandle(state, input.handle, (id) => end(state, id, [answer(id, { result: 'success' })]));
    case 'failed':
      return withHandle(state, input.handle, (id, transfer) => fail(state, id, transfer, statusOf(input)));
    case 'silent':
      return withHandle(state, input.handle, (id, transfer) => {
        if (transfer.isEnding) return { state, effects: [] };
        return transfer.size === 0 ? finish(state, id, transfer, []) : fail(state, id, transfer, ERROR);
      });
    case 'client-gone':
      return { state: { ...state, transfers: new Map() }, effects: [...state.transfers.values()].map(drop) };
    case 'session-gone': {
      const status: Status = input.place === 'ready' ? { result: 'cancelled' } : REFUSALS[input.place];
      return {
        state: { ...state, transfers: new Map() },
        effects: [...state.transfers].flatMap(([id, transfer]) => [drop(transfer), answer(id, status)]),
      };
    }
  }
}

const REFUSALS: Readonly<Record<Exclude<Place, 'ready'>, Status>> = {
  off: { result: 'disabled' },
  'no-agent': { result: 'agent-not-connected' },
  locked: { result: 'session-locked' },
};

function start(state: State, { id, place, file }: Extract<Input, { on: 'start' }>): Step {
  const refusal = refuse(state, id, place) ?? (typeof file === 'string' ? objection(file) : undefined);
  if (refusal !== undefined || typeof file === 'string') {
    return { state, effects: [answer(id, refusal ?? ERROR)] };
  }
  return begin(state, id, file);
}

/** In the order in which the original looks at it. */
function refuse({ transfers }: State, id: number, place: Place): Status | undefined {
  if (place !== 'ready') return REFUSALS[place];
  if (transfers.size >= MAX_TRANSFERS) return { result: 'error', gioError: GIO['too-many'] };
  return transfers.has(id) ? ERROR : undefined;
}

function objection(why: 'bad-name' | 'malformed'): Status {
  return why === 'bad-name' ? { result: 'error', gioError: GIO['bad-name'] } : ERROR;
}

function begin(state: State, id: number, { name, size, more }: Described): Step {
  const handle = state.nextHandle;
  const transfer: Transfer = { handle, size, received: 0, more, isEnding: false };
  return {
    state: { transfers: new Map(state.transfers).set(id, transfer), nextHandle: handle + 1 },
    effects: [{ do: 'begin', handle, name, size }],
  };
}

/** What comes for a transfer that has ended, or has all it was to have, is on its way since before. */
function data(state: State, { id, claimed, length }: Extract<Input, { on: 'data' }>): Step {
  return withId(state, id, (transfer) => {
    if (transfer.isEnding) return { state, effects: [] };
    const received = transfer.received + length;
    if (claimed !== BigInt(length) || received > transfer.size) return fail(state, id, transfer, ERROR);
    const { handle } = transfer;
    const effects: Effect[] = length > 0 ? [{ do: 'write', handle }] : [];
    const next = { ...transfer, received };
    if (received === transfer.size) return finish(state, id, next, effects);
    return { state: replace(state, id, next), effects: [...effects, { do: 'watch', handle, ms: IDLE_MS }] };
  });
}

function finish(state: State, id: number, transfer: Transfer, before: readonly Effect[]): Step {
  const { handle, more } = transfer;
  return {
    state: replace(state, id, { ...transfer, isEnding: true }),
    effects: [...before, { do: 'end', handle, more }],
  };
}

function fail(state: State, id: number, transfer: Transfer, status: Status): Step {
  return end(state, id, [drop(transfer), answer(id, status)]);
}

function end(state: State, id: number, effects: readonly Effect[]): Step {
  const transfers = new Map(state.transfers);
  transfers.delete(id);
  return { state: { ...state, transfers }, effects };
}

function statusOf({ fault, free }: Extract<Input, { on: 'failed' }>): Status {
  switch (fault) {
    case 'space':
      return { result: 'not-enough-space', ...(free !== undefined && { freeBytes: BigInt(free) }) };
    case 'name':
      return { result: 'error', gioError: GIO['bad-name'] };
    case 'permission':
    case 'too-many':
      return { result: 'error', gioError: GIO[fault] };
    case 'failed':
      return ERROR;
  }
}

function answer(id: number, status: Status): Effect {
  return { do: 'answer', id, status };
}

function drop({ handle }: Transfer): Effect {
  return { do: 'drop', handle };
}

function replace(state: State, id: number, transfer: Transfer): State {
  return { ...state, transfers: new Map(state.transfers).set(id, transfer) };
}

function withId(state: State, id: number, act: (transfer: Transfer) => Step): Step {
  const transfer = state.transfers.get(id);
  return transfer === undefined ? { state, effects: [] } : act(transfer);
}

function withHandle(state: State, handle: number, act: (id: number, transfer: Transfer) => Step): Step {
  for (const [id, transfer] of state.transfers) if (transfer.handle === handle) return act(id, transfer);
  return { state, effects: [] };
}
