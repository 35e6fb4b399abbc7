import type { Link } from '#protocol/ipc/link.ts';
import {
  FILE_FAULTS,
  type FileFault,
  type FileOutcome,
  fileBegin,
  fileDrop,
  fileEnd,
  fileWrite,
  MAX_WRITE_BYTES,
} from '#protocol/ipc/messages/files.ts';
import { PIECE_HEAD_BYTES } from '#protocol/vdagent/messages/file-transfer.ts';
import { Spares } from '#shared/bytes/spare.ts';
import { messageOf } from '#shared/errors.ts';

/** A disk may be slow; one that takes longer for 64 KiB hangs. */
const CALL_MS = 30_000;
/** Requests without an answer: of all files, and of one. They fill the link's queue by half. */
const MAX_CALLS = 8;
const MAX_CALLS_OF_FILE = 4;

/**
 * Content that waits for the session's disk, beyond which the host is not read until half of it has gone. It keeps the
 * session busy; more would only grow old in memory, and delay the pointer that travels behind it.
 */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** What a piece counts at least: a host can send a byte at a time. */
const LEAST_PIECE = 1024;
/** A larger one is cut, and its memory may not serve again before the last part of it is written. */
const SPARE_BYTES = PIECE_HEAD_BYTES + MAX_WRITE_BYTES;
/** As many as can wait. */
const MAX_SPARES = MAX_WAITING_BYTES / MAX_WRITE_BYTES;

export interface CourierEvents {
  begun(handle: number): void;
  ended(handle: number): void;
  failed(handle: number, fault: FileFault, outcome: Omit<FileOutcome, 'fault'>): void;
  /** It is no longer crowded. */
  room(): void;
}

/** What is to be done for one file, in order. */
interface Lane {
  readonly link: Link;
  begin: { readonly name: string; readonly size: number; readonly folder: string } | undefined;
  pieces: Uint8Array[];
  end: { readonly more: boolean; readonly whenDone: string } | undefined;
  /** Requests without an answer. */
  calls: number;
  /** The session has heard of it. */
  isTold: boolean;
}

/**
 * Brings files to the session's agent: of each in order and as fast as it is answered, of several in turn. What is told
 * for a handle before `drop` is never told after it.
 */
export class Courier {
  /** For the pieces; it serves again once they are on their way. */
  readonly memory = new Spares(SPARE_BYTES, MAX_SPARES);
  readonly #events: CourierEvents;
  readonly #lanes = new Map<number, Lane>();
  /** What the session is still to be told. */
  readonly #drops: { readonly handle: number; readonly link: Link }[] = [];
  #calls = 0;
  #waiting = 0;
  #isCrowded = false;

  constructor(events: CourierEvents) {
    this.#events = events;
  }

  get isIdle(): boolean {
    return this.#lanes.size + this.#drops.length === 0;
  }

  /** The host is to wait: a slow disk must not fill our memory. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  begin(handle: number, link: Link, file: NonNullable<Lane['begin']>): void {
    this.#lanes.set(handle, { link, begin: file, pieces: [], end: undefined, calls: 0, isTold: false });
    this.#proceed();
  }

  /** @param data is kept; nobody else looks at its memory */
  write(handle: number, data: Uint8Array): void {
    const lane = this.#lanes.get(handle);
    if (lane === undefined) return;
    lane.pieces.push(data);
    this.#count(weightOf(data));
    this.#proceed();
  }

  end(handle: number, end: NonNullable<Lane['end']>): void {
    const lane = this.#lanes.get(handle);
    if (lane === undefined) return;
    lane.end = end;
    this.#proceed();
  }

  /** Nothing more of it; also when the session has ended it. */
  drop(handle: number): void {
    const lane = this.#forget(handle);
    if (lane?.isTold) this.#drops.push({ handle, link: lane.link });
    this.#proceed();
  }

  #forget(handle: number): Lane | undefined {
    const lane = this.#lanes.get(handle);
    if (lane === undefined) return undefined;
    this.#lanes.delete(handle);
    this.#count(-lane.pieces.reduce((sum, piece) => sum + weightOf(piece), 0));
    return lane;
  }

  #count(weight: number): void {
    this.#waiting += weight;
    if (this.#waiting > MAX_WAITING_BYTES) this.#isCrowded = true;
    else if (this.#isCrowded && this.#waiting * 2 <= MAX_WAITING_BYTES) {
      this.#isCrowded = false;
      queueMicrotask(() => this.#events.room());
    }
  }

  /** One request of each file after the other. */
  #proceed(): void {
    while (this.#calls < MAX_CALLS) {
      const drop = this.#drops.shift();
      if (drop === undefined) break;
      void this.#tellDrop(drop);
    }
    for (let moved = true; moved; ) {
      moved = false;
      for (const [handle, lane] of [...this.#lanes]) {
        if (this.#calls >= MAX_CALLS) return;
        const work = this.#next(handle, lane);
        if (work === undefined) continue;
        moved = true;
        this.#lanes.delete(handle); // its next turn is after the others'
        this.#lanes.set(handle, lane);
        void this.#ask(handle, lane, work);
      }
    }
  }

  #next(handle: number, lane: Lane): Work | undefined {
    const { link, begin, end, calls } = lane;
    if (begin !== undefined) {
      if (calls > 0) return undefined;
      lane.isTold = true;
      return {
        call: () => link.call(fileBegin, { transfer: handle, ...begin }, CALL_MS),
        done: () => {
          lane.begin = undefined;
          this.#events.begun(handle);
        },
      };
    }
    if (lane.pieces.length > 0) {
      if (calls >= MAX_CALLS_OF_FILE) return undefined;
      const data = this.#takeSome(lane);
      return { call: () => this.#write(link, handle, data), done: () => {} };
    }
    if (end === undefined || calls > 0) return undefined;
    return {
      call: () => link.call(fileEnd, { transfer: handle, ...end }, CALL_MS),
      done: () => {
        this.#forget(handle);
        this.#events.ended(handle);
      },
    };
  }

  async #tellDrop({ handle, link }: { readonly handle: number; readonly link: Link }): Promise<void> {
    this.#calls++;
    // A session that cannot hear it has no right to files now, and drops them itself.
    await link.call(fileDrop, { transfer: handle }, CALL_MS).catch(() => {});
    this.#calls--;
    this.#proceed();
  }

  async #ask(handle: number, lane: Lane, { call, done }: Work): Promise<void> {
    this.#calls++;
    lane.calls++;
    const outcome = await call().catch(
      (error: unknown): FileOutcome => ({ fault: 'failed', free: undefined, why: messageOf(error) }),
    );
    this.#calls--;
    lane.calls--;
    if (this.#lanes.get(handle) === lane) {
      if (outcome.fault === undefined) done();
      else this.#events.failed(handle, known(outcome.fault), outcome);
    }
    this.#proceed();
  }

  #write(link: Link, transfer: number, data: Uint8Array): Promise<FileOutcome> {
    const outcome = link.call(fileWrite, { transfer, data }, CALL_MS);
    this.memory.giveBack(data);
    return outcome;
  }

  #takeSome({ pieces }: Lane): Uint8Array {
    const taken: Uint8Array[] = [];
    let room = MAX_WRITE_BYTES;
    for (let piece = pieces.shift(); piece !== undefined; piece = room > 0 ? pieces.shift() : undefined) {
      const part = piece.subarray(0, room);
      const rest = piece.subarray(room);
      taken.push(part);
      room -= part.length;
      if (rest.length > 0) pieces.unshift(rest);
      this.#count((rest.length > 0 ? weightOf(rest) : 0) - weightOf(piece));
    }
    return taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken);
  }
}

interface Work {
  call(): Promise<FileOutcome>;
  /** It was done, and is still wanted. */
  done(): void;
}

function weightOf(piece: Uint8Array): number {
  return Math.max(piece.length, LEAST_PIECE);
}

function known(fault: string): FileFault {
  return FILE_FAULTS.find((one) => one === fault) ?? 'failed';
}
