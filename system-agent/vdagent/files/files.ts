import type { FileFault } from '#protocol/ipc/messages/files.ts';
import type { Received } from '#protocol/vdagent/messages/index.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';
import type { Log } from '#shared/log/log.ts';
import type { DoorAudit, Entry, Outcome } from '../../audit/audit.ts';
import type { FileRules } from '../../received-files/rules.ts';
import type { ServedAgent, SessionAgent } from '../../session-link/session-link.ts';
import { FILE_TRANSFER } from '../audited.ts';
import type { HostLine } from '../client-line.ts';
import { Courier } from './courier.ts';
import { describe } from './description.ts';
import { type Effect, type Input, initial, type Place, type State, step } from './machine.ts';

export interface FilesOptions {
  readonly rules: FileRules;
  readonly log: Log;
  readonly audit: DoorAudit;
  /** Does the policy let files in? */
  mayCome(): boolean;
  /** The host may be read again. */
  room(): void;
}

/** Brings a client's files to the agent of the served session, as the machine decides. */
export class Files {
  readonly #line: Pick<HostLine, 'answer'>;
  readonly #options: FilesOptions;
  readonly #courier: Courier;
  readonly #watches = new Map<number, NodeJS.Timeout>();
  readonly #entries = new Map<number, Entry | undefined>();
  #state: State = initial;
  #served: ServedAgent | undefined;
  /** What has just come. */
  #data: Uint8Array = NOTHING;

  constructor(line: Pick<HostLine, 'answer'>, options: FilesOptions) {
    this.#line = line;
    this.#options = options;
    this.#courier = new Courier({
      begun: (handle) => this.#feed({ on: 'begun', handle }),
      ended: (handle) => this.#feed({ on: 'ended', handle }, { result: undefined }),
      failed: (handle, fault, { free, why }) => this.#failed(handle, fault, free, why),
      room: options.room,
    });
  }

  get isIdle(): boolean {
    return this.#state.transfers.size === 0 && this.#courier.isIdle;
  }

  get isCrowded(): boolean {
    return this.#courier.isCrowded;
  }

  /** Memory for a piece of a file: what is to be written comes in it, and serves again. */
  allocatePiece(bytes: number): Buffer {
    return this.#courier.memory.take(bytes);
  }

  /** Transfers under way. */
  get count(): number {
    return this.#state.transfers.size;
  }

  /** Can a client be offered to send files at all? */
  get areWanted(): boolean {
    return this.#options.rules.folder !== 'off' && this.#options.mayCome();
  }

  serve(served: ServedAgent | undefined): void {
    const isSame = served?.agent === this.#served?.agent;
    this.#served = served;
    const place = this.#place();
    if (!isSame || place !== 'ready') this.#feed({ on: 'session-gone', place: isSame ? place : 'ready' });
  }

  /** What may come has changed. */
  rightsChanged(): void {
    if (!this.areWanted) this.#feed({ on: 'session-gone', place: 'off' });
  }

  start({ id, description }: Received<'file-transfer-start'>): void {
    this.#feed({ on: 'start', id, place: this.#place(), file: describe(description) });
  }

  data({ id, claimedBytes, data }: Received<'file-transfer-data'>): void {
    this.#data = data;
    this.#feed({ on: 'data', id, claimed: claimedBytes, length: data.length });
    this.#data = NOTHING;
  }

  status({ id, result }: Received<'file-transfer-status'>): void {
    if (result !== 'can-send-data') this.#feed({ on: 'stopped', id });
  }

  /** A part of this transfer was not let through. */
  refuse(id: number): void {
    this.#feed({ on: 'refused', id });
  }

  clientGone(): void {
    this.#feed({ on: 'client-gone' });
  }

  #place(): Place {
    const served = this.#served;
    if (!this.areWanted) return 'off';
    if (served === undefined) return 'no-agent';
    if (served.files) return served.agent.has('files') ? 'ready' : 'off';
    return served.session.class === 'user' ? 'locked' : 'off';
  }

  #failed(handle: number, fault: FileFault, free: number | undefined, why: string | undefined): void {
    this.#options.log.info('a file of the client was not received', { fault, reason: why });
    this.#feed({ on: 'failed', handle, fault, free }, { error: new AgentError('failed', why ?? fault) });
  }

  /** @param outcome of the transfers that end by this; those of a client or session that goes are cancelled */
  #feed(input: Input, outcome: Outcome = CANCELLED): void {
    const { state, effects } = step(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (this.#entries.size > state.transfers.size) this.#close(outcome);
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'answer':
        return this.#line.answer('file-transfer-status', { id: effect.id, ...effect.status });
      case 'begin':
        return this.#begin(effect);
      case 'write':
        return this.#courier.write(effect.handle, this.#data);
      case 'end':
        this.#unwatch(effect.handle);
        return this.#courier.end(effect.handle, { more: effect.more, whenDone: this.#options.rules.whenDone });
      case 'drop':
        return this.#courier.drop(effect.handle);
      case 'watch':
        return this.#watch(effect.handle, effect.ms);
    }
  }

  #watch(handle: number, ms: number): void {
    this.#unwatch(handle);
    // A client that says nothing keeps no program running.
    this.#watches.set(handle, setTimeout(() => this.#feed({ on: 'silent', handle }), ms).unref());
  }

  /** Written down before anything of it is. */
  #begin({ handle, name, size }: Extract<Effect, { do: 'begin' }>): void {
    const { agent } = this.#served ?? {};
    try {
      this.#entries.set(handle, this.#options.audit.before(FILE_TRANSFER, requestOf(agent, name, size)));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      const { message } = error;
      return queueMicrotask(() => this.#failed(handle, 'failed', undefined, message));
    }
    if (agent !== undefined)
      this.#courier.begin(handle, agent.link, { name, size, folder: this.#options.rules.folder });
  }

  #close(outcome: Outcome): void {
    const open = new Set([...this.#state.transfers.values()].map(({ handle }) => handle));
    for (const [handle, entry] of this.#entries) {
      if (open.has(handle)) continue;
      this.#entries.delete(handle);
      this.#unwatch(handle);
      this.#options.audit.after(entry, outcome);
    }
  }

  #unwatch(handle: number): void {
    clearTimeout(this.#watches.get(handle));
    this.#watches.delete(handle);
  }
}

const NOTHING = new Uint8Array();
const CANCELLED: Outcome = { error: new AgentError('cancelled', 'the transfer was ended') };

function requestOf(agent: SessionAgent | undefined, name: string, size: number): ReadonlyMap<string, JsonValue> {
  return new Map<string, JsonValue>([
    ['session', agent?.session ?? ''],
    ['name', name],
    ['size', BigInt(size)],
  ]);
}
