import type { Notification, Request } from '#protocol/ipc/definition.ts';
import type { Link } from '#protocol/ipc/link.ts';
import { SESSION_FEATURES, type SessionFeature } from '#protocol/ipc/messages/hello.ts';
import { type Content, Flow, wholeOf } from '#shared/bytes/flow.ts';
import { AgentError } from '#shared/errors.ts';
import type { ServedAgent, SessionAgent, SessionLink } from '#system-agent/session-link/session-link.ts';

type Answer = (body: unknown) => unknown;
type Handler = (body: unknown, signal: AbortSignal) => Promise<unknown>;

/** A link whose other end is the test: it sees what was sent, says what an agent would say, and answers what was asked. */
export class FakeLink implements Link {
  /** What was notified and asked, oldest first. */
  readonly seen: { readonly name: string; readonly body: unknown }[] = [];
  readonly #listeners = new Map<string, Set<(body: unknown) => void>>();
  readonly #handlers = new Map<string, Handler>();
  readonly #answers = new Map<string, Answer>();
  readonly #toSession = new Map<number, Uint8Array>();
  readonly #toSystem = new Map<number, Uint8Array>();
  #lastStream = 0;

  notify<Body>({ name }: Notification<Body>, body: Body): void {
    this.seen.push({ name, body });
  }

  async call<Body, Result>({ name }: Request<Body, Result>, body: Body): Promise<Result> {
    this.seen.push({ name, body });
    const answer = this.#answers.get(name);
    if (answer === undefined) throw new AgentError('unsupported', `nobody answers ${name}`);
    return (await answer(body)) as Result;
  }

  on<Body>({ name }: Notification<Body>, handler: (body: Body) => void): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    const listener = handler as (body: unknown) => void;
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  handle<Body, Result>(
    { name }: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable {
    if (this.#handlers.has(name)) throw new Error(`a second handler for ${name}`);
    this.#handlers.set(name, handler as Handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(name) };
  }

  sendStream(content: Content): number {
    const id = ++this.#lastStream;
    if (content instanceof Flow)
      void wholeOf(content).then(
        (whole) => this.#toSession.set(id, whole),
        () => {},
      );
    else this.#toSession.set(id, content);
    return id;
  }

  openStream(id: number, { maxBytes }: { readonly maxBytes: number }): Flow {
    return Flow.of(this.#taken(id, maxBytes));
  }

  async receiveStream(id: number, maxBytes: number): Promise<Buffer> {
    return this.#taken(id, maxBytes);
  }

  #taken(id: number, maxBytes: number): Buffer {
    const content = this.#toSystem.get(id);
    if (content === undefined) throw new AgentError('cancelled', 'no such stream');
    this.#toSystem.delete(id);
    if (content.length > maxBytes) throw new AgentError('refused', 'too long');
    return Buffer.from(content);
  }

  /** The session's agent says something. @returns whether anybody listens */
  say<Body>({ name }: Notification<Body>, body: Body): boolean {
    const listeners = this.#listeners.get(name);
    for (const listener of listeners ?? []) listener(body);
    return (listeners?.size ?? 0) > 0;
  }

  /** The session's agent asks. */
  async ask<Body, Result>(
    { name }: Request<Body, Result>,
    body: Body,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Result> {
    const handler = this.#handlers.get(name);
    if (handler === undefined) throw new AgentError('refused', `nobody handles ${name}`);
    return (await handler(body, signal)) as Result;
  }

  /** What the session's agent answers. */
  answer<Body, Result>({ name }: Request<Body, Result>, answer: (body: Body) => Result | Promise<Result>): void {
    this.#answers.set(name, answer as Answer);
  }

  /** The session's agent offers content. @returns the stream's id */
  offer(content: Uint8Array | string): number {
    this.#toSystem.set(++this.#lastStream, Buffer.from(content as string));
    return this.#lastStream;
  }

  /** The session's agent takes content. */
  taken(stream: number | undefined): string | undefined {
    return this.takenBytes(stream)?.toString();
  }

  /** @returns undefined also while not all of it has come */
  takenBytes(stream: number | undefined): Buffer | undefined {
    const content = stream === undefined ? undefined : this.#toSession.get(stream);
    return content && Buffer.from(content);
  }

  /** Names and bodies seen since the last time. */
  take(): { readonly name: string; readonly body: unknown }[] {
    return this.seen.splice(0);
  }
}

/** Without those that are told something as soon as they are served; and most sessions of tests have no sound server. */
const USUAL = SESSION_FEATURES.filter((one) => !['monitors.follow', 'audio', 'clipboard.polled'].includes(one));

export class FakeSessionAgent implements SessionAgent {
  readonly link = new FakeLink();
  readonly uid = 1000;
  readonly display = 'x11';

  constructor(
    readonly session: string,
    private readonly features: readonly SessionFeature[] = USUAL,
  ) {}

  has(feature: SessionFeature): boolean {
    return this.features.includes(feature);
  }
}

/** Which session is served is up to the test. */
export class FakeSessionLink implements SessionLink {
  served: ServedAgent | undefined;
  readonly #listeners = new Set<Parameters<SessionLink['onServed']>[0]>();

  onServed(listener: Parameters<SessionLink['onServed']>[0]): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** @param isLocked takes clipboard and files, as a greeter does */
  serve(agent: SessionAgent | undefined, { isLocked = false, class: kind = 'user' } = {}): void {
    const before = this.served;
    this.served = agent && {
      agent,
      clipboard: !isLocked,
      files: !isLocked,
      session: {
        id: agent.session,
        uid: agent.uid,
        user: 'alice',
        class: kind,
        type: 'x11',
        seat: 'seat0',
        active: true,
        locked: isLocked,
        state: 'active',
      },
    };
    for (const listener of [...this.#listeners]) listener(this.served, before);
  }
}
