import type { Direction, Notification, Request } from '../definition.ts';
import type { EncodableObject, IpcMap } from '../framing.ts';

export type Side = 'system' | 'session';

/** Checks a body and is then ready to hand it on. @throws {AgentError} 'malformed' */
type Hearer = (body: IpcMap) => () => void;
type Answerer = (body: IpcMap) => (signal: AbortSignal) => Promise<EncodableObject>;

/** Who hears what on one side of the link. It can outlive a connection. */
export class Handlers {
  readonly #hearers = new Map<string, Set<Hearer>>();
  readonly #answerers = new Map<string, Answerer>();

  constructor(readonly side: Side) {}

  on<Body>(message: Notification<Body>, handler: (body: Body) => void): Disposable {
    assertGoes(message, this.side);
    const hearer: Hearer = (body) => {
      const checked = message.body.read(body, '');
      return () => handler(checked);
    };
    const hearers = this.#hearers.get(message.name) ?? new Set();
    this.#hearers.set(message.name, hearers.add(hearer));
    return { [Symbol.dispose]: () => hearers.delete(hearer) };
  }

  handle<Body, Result>(
    message: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable {
    assertGoes(message, this.side);
    if (this.#answerers.has(message.name)) throw new Error(`${message.name} has a handler already`);
    this.#answerers.set(message.name, (body) => {
      const checked = message.body.read(body, '');
      return async (signal) => encodable(await handler(checked, signal));
    });
    return { [Symbol.dispose]: () => this.#answerers.delete(message.name) };
  }

  /** Empty when nobody hears it. */
  hearersOf(name: string): readonly Hearer[] {
    return [...(this.#hearers.get(name) ?? [])];
  }

  answererOf(name: string): Answerer | undefined {
    return this.#answerers.get(name);
  }
}

/** @throws {Error} when the message does not go to `side`: a bug of the caller */
export function assertGoes(message: { readonly name: string; readonly direction: Direction }, side: Side): void {
  if (message.direction !== 'both' && message.direction !== `to-${side}`) {
    throw new Error(`${message.name} does not go to the ${side}`);
  }
}

/** Bodies are made of what shapes can read, and that is what frames can say. */
export function encodable(body: unknown): EncodableObject {
  return body as EncodableObject;
}
