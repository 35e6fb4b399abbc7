import {
  type ClipboardAnswer,
  type ClipboardType,
  clipboardGrab,
  clipboardRead,
  clipboardRelease,
  clipboardWanted,
  type Selection,
} from '#protocol/ipc/messages/clipboard.ts';
import { contentAnswer, refusal } from '#protocol/ipc/messages/clipboard-answer.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type Content, Flow } from '#shared/bytes/flow.ts';
import { collectSoon } from '#shared/lifecycle/garbage.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { ClipboardPort } from '../desktop/backend.ts';
import type { SystemSide } from '../system-side.ts';
import { type Effect, type Input, initial, isKept, type State, step } from './machine.ts';
import { Pace } from './pace.ts';

/** Most bytes that are taken from the host for one paste. */
export const MAX_PASTE_BYTES = 128 * 1024 * 1024;
/** How long an application waits for the host, or the host for an application. */
const PASTE_MS = 30_000;
/** As the link carries it: seven weeks. */
const MAX_AGE_MS = 0xffff_ffff;

/** What the host's side asks for. */
interface Wanted {
  readonly type: ClipboardType;
  readonly maxBytes: number;
  readonly direct: boolean | undefined;
}

/** The clipboard between this session's applications and the host's side: carries out what the machine decides. */
export class ClipboardService implements Service {
  readonly name = 'clipboard';
  readonly #selections: ReadonlyMap<Selection, SharedSelection>;
  #subscriptions: Disposable[] = [];

  constructor(
    private readonly port: ClipboardPort,
    private readonly link: SystemSide,
    log: Log,
  ) {
    this.#selections = new Map(port.selections.map((name) => [name, new SharedSelection(name, port, link, log)]));
  }

  async start(): Promise<void> {
    const { link, port } = this;
    const feed = (selection: Selection, input: Input) => this.#selections.get(selection)?.feed(input);
    const everywhere = (input: Input) => {
      for (const selection of this.#selections.values()) selection.feed(input);
    };
    this.#subscriptions = [
      link.onDown(() => {
        port.want?.(false);
        everywhere({ on: 'link-down' });
      }),
      link.on(sessionRights, ({ clipboard }) => everywhere({ on: 'rights', allowed: clipboard })),
      link.on(clipboardWanted, ({ wanted }) => port.want?.(wanted)),
      link.on(clipboardGrab, ({ selection, types, serial }) =>
        feed(selection, { on: 'host-grabbed', types: port.types.filter((type) => types.includes(type)), serial }),
      ),
      link.on(clipboardRelease, ({ selection }) => feed(selection, { on: 'host-released' })),
      link.handle(clipboardRead, async ({ selection, type, maxBytes, direct }, signal) => {
        const shared = this.#selections.get(selection);
        if (shared === undefined) return refusal(`${selection} is not shared here`);
        return shared.read({ type, maxBytes, direct }, signal);
      }),
      port.watch({
        took: (selection) => this.#selections.get(selection)?.took(),
        copied: (selection, types) => this.#selections.get(selection)?.copied(types),
        cleared: (selection) => this.#selections.get(selection)?.cleared(),
      }),
    ];
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) subscription[Symbol.dispose]();
    for (const selection of this.#selections.values()) selection.stop();
  }
}

class SharedSelection {
  #state: State = initial;
  #lastId = 0;
  /** When an application has copied last, ms of performance.now(). */
  #copiedAt = 0;
  readonly #pace = new Pace();
  readonly #pastes = new Map<number, (content: Content | undefined) => void>();
  readonly #reads = new Map<number, (answer: ClipboardAnswer) => void>();
  /** Those whose asker takes short content in the answer. */
  readonly #direct = new Set<number>();
  readonly #readers = new Map<number, AbortController>();

  constructor(
    private readonly selection: Selection,
    private readonly port: ClipboardPort,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  feed(input: Input): void {
    const { state, effects } = step(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  took(): void {
    this.#pace.cancel();
    this.#copiedAt = performance.now();
    this.feed({ on: 'app-took' });
  }

  copied(types: readonly ClipboardType[]): void {
    this.#pace.tell(() => this.feed({ on: 'app-copied', types }));
  }

  cleared(): void {
    this.#pace.cancel();
    this.feed({ on: 'app-cleared' });
  }

  /** Nothing is told later. */
  stop(): void {
    this.#pace.cancel();
    this.feed({ on: 'rights', allowed: false });
  }

  /** The host's side pastes. */
  read({ type, maxBytes, direct }: Wanted, signal: AbortSignal): Promise<ClipboardAnswer> {
    const id = ++this.#lastId;
    if (direct === true) this.#direct.add(id);
    const overdue = () => this.feed({ on: 'read-overdue', id });
    return this.#waiting(this.#reads, id, overdue, () => {
      signal.addEventListener('abort', overdue, { once: true });
      this.feed({ on: 'host-reads', id, type, maxBytes });
    }).finally(() => {
      signal.removeEventListener('abort', overdue);
      this.#direct.delete(id);
    });
  }

  /** An application pastes. */
  #paste(type: ClipboardType): Promise<Content | undefined> {
    const id = ++this.#lastId;
    const overdue = () => this.feed({ on: 'paste-overdue', id });
    return this.#waiting(this.#pastes, id, overdue, () => this.feed({ on: 'app-pastes', paste: { id, type } }));
  }

  #waiting<T>(table: Map<number, (answer: T) => void>, id: number, overdue: () => void, ask: () => void): Promise<T> {
    return new Promise((resolve) => {
      const deadline = setTimeout(overdue, PASTE_MS);
      table.set(id, (answer) => {
        clearTimeout(deadline);
        table.delete(id);
        resolve(answer);
      });
      ask();
    });
  }

  #perform(effect: Effect): void {
    const { selection, link, port } = this;
    switch (effect.do) {
      case 'send-grab':
        return link.notify(clipboardGrab, {
          selection,
          types: effect.types,
          serial: effect.hostSerial,
          age: Math.min(Math.round(performance.now() - this.#copiedAt), MAX_AGE_MS),
        });
      case 'send-release':
        return link.notify(clipboardRelease, { selection });
      case 'offer':
        this.#pace.cancel(); // what an application has copied is over
        return this.#run(port.offer(selection, effect.types, (type) => this.#paste(type)));
      case 'withdraw':
        return this.#run(port.withdraw(selection));
      case 'ask-host':
        return this.#run(this.#askHost(effect.type, effect.generation));
      case 'read-app':
        return this.#run(this.#readApp(effect.id, effect.type, effect.maxBytes));
      case 'answer-paste':
        return this.#pastes.get(effect.id)?.(effect.content);
      case 'answer-read':
        return this.#answerRead(effect);
    }
  }

  async #askHost(type: ClipboardType, generation: number): Promise<void> {
    let content: Content | undefined;
    try {
      const request = { selection: this.selection, type, maxBytes: MAX_PASTE_BYTES, direct: true };
      content = await this.#contentOf(await this.link.call(clipboardRead, request, PASTE_MS));
    } finally {
      this.feed({ on: 'host-content', generation, type, content });
      // Who pastes begins to read before the next turn; what is kept is read again.
      const flow = content;
      if (flow instanceof Flow && !isKept(flow)) setImmediate(() => flow.closeToReaders());
      if (flow instanceof Flow) collectSoon();
    }
  }

  /** What comes in a stream is passed on while it comes. */
  async #contentOf({ content, stream, size }: ClipboardAnswer): Promise<Content | undefined> {
    if (stream === undefined) return content;
    if (size === undefined) return this.link.receiveStream(stream, MAX_PASTE_BYTES, PASTE_MS);
    return this.link.openStream(stream, { maxBytes: MAX_PASTE_BYTES, size, idleMs: PASTE_MS });
  }

  async #readApp(id: number, type: ClipboardType, maxBytes: number): Promise<void> {
    const reader = new AbortController();
    this.#readers.set(id, reader);
    let content: Content | undefined;
    try {
      content = await this.port.read(this.selection, type, maxBytes, reader.signal);
    } finally {
      this.#readers.delete(id);
      this.feed({ on: 'app-content', id, content });
      if (content instanceof Flow) {
        content.closeToReaders();
        collectSoon();
      }
    }
  }

  #answerRead(effect: Effect & { readonly do: 'answer-read' }): void {
    this.#readers.get(effect.id)?.abort();
    const answer = this.#reads.get(effect.id);
    if ('why' in effect) return answer?.(refusal(effect.why));
    try {
      answer?.(contentAnswer(this.link, effect.content, this.#direct.has(effect.id)));
    } catch (error) {
      this.log.info('clipboard content could not be sent', { error });
      answer?.(refusal('it could not be sent'));
    }
  }

  /** One failed paste must not end the session's clipboard. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.log.info('clipboard: this did not work', { error }));
  }
}
