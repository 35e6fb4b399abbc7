import { setMaxListeners } from 'node:events';
import type { Notification, Request } from '#protocol/ipc/definition.ts';
import type { Link } from '#protocol/ipc/link.ts';
import type { StreamTerms } from '#protocol/ipc/peer/incoming-streams.ts';
import type { Content, Flow } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import type { Served } from '../sessions/sessions.ts';
import type { AgentPeer } from './connection.ts';
import type { LastingState } from './lasting.ts';

export type ContentRights = Pick<Served, 'clipboard' | 'files'>;

/**
 * An agent's link as doors have it, from the moment its session is served until it is not (D10). Its end cancels all
 * that was asked, offered or promised on it and drops its handlers; while the session is locked the same goes for
 * content. So no door can mix two sessions up, however late its promises are.
 */
export class ServedPeriod implements Link {
  readonly #peer: AgentPeer;
  readonly #lasting: LastingState;
  readonly #handlers = new Set<Disposable>();
  readonly #end = controller();
  /** Ends when a right is lost; there is a new one at once. */
  #content = controller();
  #rights: ContentRights;

  constructor(peer: AgentPeer, lasting: LastingState, rights: ContentRights) {
    this.#peer = peer;
    this.#lasting = lasting;
    this.#rights = rights;
  }

  set rights(rights: ContentRights) {
    const lost = (this.#rights.clipboard && !rights.clipboard) || (this.#rights.files && !rights.files);
    this.#rights = rights;
    if (!lost) return;
    const before = this.#content;
    this.#content = controller();
    before.abort();
  }

  /** Idempotent. */
  end(): void {
    this.#end.abort();
    this.#content.abort();
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    this.#handlers.clear();
  }

  notify<Body>(message: Notification<Body>, body: Body): void {
    if (this.#may(message.name)) this.#peer.notify(message, body);
  }

  async call<Body, Result>(message: Request<Body, Result>, body: Body, timeoutMs: number): Promise<Result> {
    const signal = this.#signalOf(message.name);
    const result = await this.#peer.call(message, body, timeoutMs, signal);
    assertLasts(signal);
    return result;
  }

  on<Body>(message: Notification<Body>, handler: (body: Body) => void): Disposable {
    const last = this.#lasting.of(message);
    let listens = !this.#end.signal.aborted;
    const hear = (body: Body) => {
      if (listens && this.#may(message.name)) handler(body);
    };
    if (last !== undefined) queueMicrotask(() => hear(last));
    const registered = this.#keep(() => this.#peer.on(message, hear));
    return {
      [Symbol.dispose]: () => {
        listens = false;
        registered[Symbol.dispose]();
      },
    };
  }

  handle<Body, Result>(
    message: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable {
    return this.#keep(() =>
      this.#peer.handle(message, async (body, asked) => {
        const signal = this.#signalOf(message.name);
        const result = await withEither(asked, signal, (both) => handler(body, both));
        assertLasts(signal);
        return result;
      }),
    );
  }

  sendStream(content: Content): number {
    return this.#peer.sendStream(content, this.#lastingSignal(this.#content));
  }

  async receiveStream(id: number, maxBytes: number, idleMs: number): Promise<Buffer> {
    const signal = this.#lastingSignal(this.#content);
    const content = await this.#peer.receiveStream(id, maxBytes, idleMs, signal);
    assertLasts(signal);
    return content;
  }

  openStream(id: number, terms: Omit<StreamTerms, 'signal'>): Flow {
    return this.#peer.openStream(id, { ...terms, signal: this.#lastingSignal(this.#content) });
  }

  /** What a message is about is the first word of its name. */
  #may(name: string): boolean {
    if (this.#end.signal.aborted) return false;
    if (name.startsWith('clipboard.')) return this.#rights.clipboard;
    return name.startsWith('files.') ? this.#rights.files : true;
  }

  /** @throws {AgentError} 'cancelled' after the end, 'refused' without the right */
  #signalOf(name: string): AbortSignal {
    const signal = this.#lastingSignal(isContent(name) ? this.#content : this.#end);
    if (!this.#may(name)) throw new AgentError('refused', 'the session may not do this now');
    return signal;
  }

  #lastingSignal({ signal }: AbortController): AbortSignal {
    assertLasts(signal);
    return signal;
  }

  #keep(register: () => Disposable): Disposable {
    if (this.#end.signal.aborted) return { [Symbol.dispose]: () => {} };
    const handler = register();
    this.#handlers.add(handler);
    return {
      [Symbol.dispose]: () => {
        if (this.#handlers.delete(handler)) handler[Symbol.dispose]();
      },
    };
  }
}

function isContent(name: string): boolean {
  return name.startsWith('clipboard.') || name.startsWith('files.');
}

/** As many may wait for its end as the link's caps allow. */
function controller(): AbortController {
  const made = new AbortController();
  setMaxListeners(0, made.signal);
  return made;
}

function assertLasts(signal: AbortSignal): void {
  if (signal.aborted) throw new AgentError('cancelled', 'the session is no longer served');
}

/** `AbortSignal.any` on a signal that lives long keeps each of its offspring in early releases of Node 20. */
async function withEither<T>(a: AbortSignal, b: AbortSignal, use: (both: AbortSignal) => Promise<T>): Promise<T> {
  const both = new AbortController();
  const abort = () => both.abort();
  for (const signal of [a, b]) signal.addEventListener('abort', abort);
  if (a.aborted || b.aborted) abort();
  try {
    return await use(both.signal);
  } finally {
    for (const signal of [a, b]) signal.removeEventListener('abort', abort);
  }
}
