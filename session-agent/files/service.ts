import {
  type FileFault,
  type FileOutcome,
  fileBegin,
  fileDrop,
  fileEnd,
  fileWrite,
  MAX_TRANSFERS,
} from '#protocol/ipc/messages/files.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { SystemSide } from '../system-side.ts';
import { whyOf } from '../why.ts';
import type { Inbox, Incoming } from './inbox.ts';

/** What the user is shown when files have come. */
export interface Arrived {
  readonly folder: string;
  /** Of the files, as they are called there. */
  readonly names: readonly string[];
  /** As files.end has it. */
  readonly whenDone: string;
}

export interface FilesParts {
  readonly inbox: Inbox;
  readonly show: (arrived: Arrived) => Promise<void>;
  readonly link: SystemSide;
  readonly log: Log;
}

interface Receiving {
  readonly name: string;
  readonly size: number;
  written: number;
  file: Incoming | undefined;
  folder: string;
  /** What is still to be written, and how that ends. */
  pieces: Uint8Array[];
  writing: Promise<FileOutcome> | undefined;
  /** What is asked of one file is done in order. */
  last: Promise<unknown>;
  isDropped: boolean;
}

/** Puts files of the client into the user's folder. Nothing of one that is not whole survives the right to it or the link. */
export class FilesService implements Service {
  readonly name = 'files';
  readonly #parts: FilesParts;
  readonly #transfers = new Map<number, Receiving>();
  /** Discards under way: an agent that ends waits for them. */
  readonly #discards = new Set<Promise<void>>();
  #subscriptions: readonly Disposable[] = [];
  /** What the user has not been shown, because more is to come. */
  #arrived: Arrived | undefined;

  constructor(parts: FilesParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { link, inbox, log } = this.#parts;
    this.#subscriptions = [
      link.handle(fileBegin, ({ transfer, ...file }) => this.#begin(transfer, file)),
      link.handle(fileWrite, ({ transfer, data }) => this.#write(transfer, data)),
      link.handle(fileEnd, ({ transfer, more, whenDone }) => this.#end(transfer, more, whenDone)),
      link.handle(fileDrop, async ({ transfer }) => {
        this.#drop(transfer);
        return {};
      }),
      link.on(sessionRights, ({ files }) => {
        if (!files) this.#dropAll();
      }),
      link.onDown(() => this.#dropAll()),
    ];
    const removed = await inbox.clean().catch((error: unknown) => {
      log.info('what was left of received files could not be removed', { why: messageOf(error) });
      return 0;
    });
    if (removed > 0) log.info('removed what was left of received files', { files: removed });
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#dropAll();
    await Promise.all(this.#discards);
  }

  async #begin(id: number, { name, size, folder: rule }: { name: string; size: number; folder: string }) {
    if (this.#transfers.has(id)) return fault('failed', 'there is such a transfer');
    if (this.#transfers.size >= MAX_TRANSFERS) return fault('too-many', 'too many files at once');
    const receiving: Receiving = {
      ...{ name, size, written: 0, file: undefined, folder: '' },
      ...{ pieces: [], writing: undefined, last: Promise.resolve(), isDropped: false },
    };
    this.#transfers.set(id, receiving);
    return this.#inOrder(id, receiving, async () => {
      const { file, folder } = await this.#parts.inbox.receive(rule);
      receiving.file = file;
      receiving.folder = folder;
      const free = await file.free();
      if (free < this.#expected()) return { ...fault('space', 'there is too little space'), free };
      return DONE;
    });
  }

  /** Pieces that come while others are written go to the disk together: each way there costs more than the piece. */
  async #write(id: number, data: Uint8Array): Promise<FileOutcome> {
    const receiving = this.#transfers.get(id);
    if (receiving === undefined) return UNKNOWN;
    receiving.pieces.push(data);
    receiving.writing ??= this.#inOrder(id, receiving, async (file) => {
      const pieces = receiving.pieces.splice(0);
      receiving.writing = undefined;
      const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
      if (receiving.written + bytes > receiving.size) return fault('failed', 'it is longer than it was said to be');
      await file?.write(pieces);
      receiving.written += bytes;
      return DONE;
    });
    return receiving.writing;
  }

  async #end(id: number, more: boolean, whenDone: string): Promise<FileOutcome> {
    const receiving = this.#transfers.get(id);
    if (receiving === undefined) return UNKNOWN;
    return this.#inOrder(id, receiving, async (file) => {
      const { name, folder, written, size } = receiving;
      if (file === undefined || written !== size) return fault('failed', 'it is not whole');
      receiving.file = undefined; // finish keeps nothing of it when it fails
      const given = await file.finish(name);
      this.#transfers.delete(id);
      const before = this.#arrived?.folder === folder ? this.#arrived.names : [];
      this.#arrived = { folder, names: [...before, given], whenDone };
      if (!more) this.#showAll();
      return DONE;
    });
  }

  /** Bytes that are still to be written for all files: each was promised its space. */
  #expected(): number {
    return [...this.#transfers.values()].reduce((sum, { size, written }) => sum + size - written, 0);
  }

  /** When no other file is under way. */
  #showAll(): void {
    const arrived = this.#arrived;
    if (arrived === undefined || this.#transfers.size > 0) return;
    this.#arrived = undefined;
    const { show, log } = this.#parts;
    show(arrived).catch((error: unknown) => {
      log.info('the desktop was not told of received files', { why: messageOf(error) });
    });
  }

  /** Does one thing after what was asked before. Whatever goes wrong ends the file. */
  async #inOrder(
    id: number,
    receiving: Receiving,
    act: (file: Incoming | undefined) => Promise<FileOutcome>,
  ): Promise<FileOutcome> {
    const before = receiving.last;
    const result = before.then(async () => {
      if (receiving.isDropped) return UNKNOWN;
      try {
        return await act(receiving.file);
      } catch (error) {
        return this.#outcomeOf(error, receiving.file);
      }
    });
    receiving.last = result;
    const outcome = await result;
    if (outcome.fault !== undefined && this.#transfers.get(id) === receiving) this.#drop(id);
    return outcome;
  }

  async #outcomeOf(error: unknown, file: Incoming | undefined): Promise<FileOutcome> {
    const errno = errnoOf(error);
    if (errno === undefined && !(error instanceof AgentError))
      this.#parts.log.error('a file was not received', { error });
    const outcome = fault(FAULTS[errno ?? ''] ?? 'failed', errno ?? messageOf(error));
    if (outcome.fault !== 'space') return outcome;
    return { ...outcome, free: await file?.free().catch(() => undefined) };
  }

  #dropAll(): void {
    this.#arrived = undefined;
    for (const id of [...this.#transfers.keys()]) this.#drop(id);
  }

  #drop(id: number): void {
    const receiving = this.#transfers.get(id);
    if (receiving === undefined) return;
    this.#transfers.delete(id);
    receiving.isDropped = true;
    const discard = receiving.last.then(() => receiving.file?.discard());
    this.#discards.add(discard);
    void discard.finally(() => this.#discards.delete(discard));
    this.#showAll();
  }
}

const DONE: FileOutcome = { fault: undefined, free: undefined, why: undefined };
const UNKNOWN = fault('failed', 'there is no such transfer');

const FAULTS: Readonly<Partial<Record<string, FileFault>>> = {
  ENOSPC: 'space',
  EDQUOT: 'space',
  EFBIG: 'space',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  EMFILE: 'too-many',
  ENFILE: 'too-many',
  ENAMETOOLONG: 'name',
  EILSEQ: 'name',
};

function fault(kind: FileFault, why: string): FileOutcome {
  return { fault: kind, free: undefined, why: whyOf(why) };
}
