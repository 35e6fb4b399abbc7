import type { Argument, Interface, MessageShape, NewObject } from '#protocol/wayland/interface.ts';

/** Any object, as an argument of a message. */
export interface AnyObject {
  readonly id: number;
  readonly of: Interface;
}

type RequestValue<A extends Argument> = A extends 'string'
  ? string
  : A extends 'string?'
    ? string | undefined
    : A extends 'object'
      ? AnyObject
      : A extends 'object?'
        ? AnyObject | undefined
        : A extends 'array'
          ? Uint8Array
          : number;

/** Without the new object, which the request returns. A descriptor that is sent is closed then. */
export type RequestArgs<M extends MessageShape> = {
  readonly [K in keyof M['args'] as M['args'][K] extends NewObject ? never : K]: RequestValue<M['args'][K]>;
};

/** What a request begins, if it begins anything. */
export type Created<M extends MessageShape> =
  Extract<M['args'][keyof M['args']], NewObject> extends never
    ? undefined
    : Extract<M['args'][keyof M['args']], NewObject> extends NewObject<infer I>
      ? WaylandObject<I>
      : undefined;

type EventValue<A extends Argument> =
  A extends NewObject<infer I>
    ? WaylandObject<I>
    : A extends 'object' | 'object?'
      ? AnyObject | undefined
      : A extends 'string'
        ? string
        : A extends 'string?'
          ? string | undefined
          : A extends 'array'
            ? Uint8Array
            : number;

/** An object of which we have ended the life is undefined. A descriptor is the listener's to close. */
export type EventArgs<M extends MessageShape> = { readonly [K in keyof M['args']]: EventValue<M['args'][K]> };

export type Listener<I extends Interface> = {
  readonly [E in keyof I['events']]?: (args: EventArgs<I['events'][E]>) => void;
};

/** What an object needs of its connection. */
export interface ObjectHome {
  request(object: AnyObject & { readonly version: number }, name: string, args: object): AnyObject | undefined;
}

/** An object that the compositor and we both know by its id. */
export class WaylandObject<I extends Interface = Interface> implements AnyObject {
  #listener: Readonly<Record<string, unknown>> = {};
  #isAlive = true;

  constructor(
    private readonly home: ObjectHome,
    readonly id: number,
    readonly of: I,
    /** That both sides know. */
    readonly version: number,
  ) {}

  /** We have not ended it, and the connection is there. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Is told of its events from now on, instead of whoever was before. Set in the turn in which the object began, it misses none. */
  listen(listener: Listener<I>): void {
    this.#listener = listener;
  }

  /**
   * After its end, and after that of the connection, requests are without effect.
   * @returns what it begins
   * @throws {AgentError} 'invalid-argument' what the wire cannot say; 'unsupported' what this version does not have
   */
  send<R extends keyof I['requests'] & string>(
    request: R,
    args: RequestArgs<I['requests'][R]>,
  ): Created<I['requests'][R]> {
    return this.home.request(this, request, args) as Created<I['requests'][R]>;
  }

  /** For the connection. @returns whoever is told of such an event; what it throws ends the connection */
  listenerOf(event: string): ((args: object) => void) | undefined {
    const listener = this.#listener[event];
    return typeof listener === 'function' ? (args) => listener(args) : undefined;
  }

  /** For the connection: nothing is told any more. */
  end(): void {
    this.#isAlive = false;
    this.#listener = {};
  }
}
