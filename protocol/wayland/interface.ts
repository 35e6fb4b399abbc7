/** What a request or event carries, as wayland.xml names it; "?" where it may be absent. */
export type Argument =
  | 'int'
  | 'uint'
  /** Signed, in 256ths. */
  | 'fixed'
  | 'string'
  | 'string?'
  | 'object'
  | 'object?'
  | 'array'
  /** A descriptor, which travels beside the bytes. */
  | 'fd'
  | NewObject;

/** An object that begins with this message. */
export interface NewObject<I extends Interface = Interface> {
  readonly creates: I;
}

export interface MessageShape {
  /** In the order of the wire. */
  readonly args: Readonly<Record<string, Argument>>;
  /** First version of the interface that has it; absent: 1. */
  readonly since?: number;
  /** The object ends with it. */
  readonly destructor?: true;
}

/**
 * One interface of a Wayland protocol. Requests and events are in the order of its XML: their place is their opcode, so
 * whatever comes before one that is used is here too.
 */
export interface Interface {
  readonly name: string;
  /** The newest version that is described here. */
  readonly version: number;
  readonly requests: Readonly<Record<string, MessageShape>>;
  readonly events: Readonly<Record<string, MessageShape>>;
}

export function creates<const I extends Interface>(created: I): NewObject<I> {
  return { creates: created };
}

/** A message and its place among the interface's. */
export interface NumberedShape extends MessageShape {
  readonly name: string;
  readonly opcode: number;
}

/** @returns undefined for one that there is not */
export function requestOf(of: Interface, name: string): NumberedShape | undefined {
  const shape = of.requests[name];
  return shape && { ...shape, name, opcode: Object.keys(of.requests).indexOf(name) };
}

/** @returns undefined for one that there is not, in the newest version that we know */
export function eventOf(of: Interface, opcode: number): NumberedShape | undefined {
  const entry = Object.entries(of.events)[opcode];
  return entry && { ...entry[1], name: entry[0], opcode };
}
