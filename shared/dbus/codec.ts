import DBusBuffer from 'dbus-next/lib/dbus-buffer.js';
import { marshall } from 'dbus-next/lib/message.js';
import { parseSignature, type TypeTree } from 'dbus-next/lib/signature.js';
import { AgentError, messageOf } from '#shared/errors.ts';
import { type Value, Variant } from './values.ts';

/**
 * Messages to bytes and back: the only file that knows dbus-next. Its marshalling is used and nothing above it, because
 * its bus loses signals, leaks match rules, never gives up a call and ends the process when a bus refuses it.
 */
const TYPES = ['call', 'return', 'error', 'signal'] as const;
export type MessageType = (typeof TYPES)[number];

export interface Message {
  readonly type: MessageType;
  readonly serial: number;
  readonly path?: string | undefined;
  readonly interface?: string | undefined;
  readonly member?: string | undefined;
  readonly errorName?: string | undefined;
  readonly replySerial?: number | undefined;
  readonly destination?: string | undefined;
  readonly sender?: string | undefined;
  readonly signature?: string | undefined;
  readonly body: readonly Value[];
  /** The sender of a call waits for no answer. */
  readonly noReply?: boolean;
}

const NO_REPLY_EXPECTED = 1;
const HEADER = 'yyyyuua(yv)';

/** @throws {AgentError} 'invalid-argument' if the body does not fit the signature */
export function encode(message: Message): Buffer {
  const signature = message.signature ?? '';
  try {
    const trees = parseSignature(signature);
    if (trees.length !== message.body.length) {
      throw new Error(`${message.body.length} values for the signature '${signature}'`);
    }
    const [bytes] = marshall({
      ...message,
      type: TYPES.indexOf(message.type) + 1,
      flags: message.noReply ? NO_REPLY_EXPECTED : 0,
      signature,
      body: trees.map((tree, index) => toWire(tree, message.body[index])),
    });
    return bytes;
  } catch (error) {
    const what = `${message.member ?? message.type}: ${messageOf(error)}`;
    throw new AgentError('invalid-argument', `cannot be said on D-Bus: ${what}`, { cause: error });
  }
}

/** The specification's bound for arrays, structs and variants in each other. */
const MAX_DEPTH = 64;

/** Ends at once where the library would go round without getting any further, or beyond the message. */
class BoundedBuffer extends DBusBuffer {
  #depth = 0;

  protected override readTree(tree: TypeTree): unknown {
    if ('({r'.includes(tree.type) && tree.child.length === 0) throw new Error('empty struct');
    if (this.#depth === MAX_DEPTH) throw new Error('nested too deep');
    this.#depth++;
    const value = super.readTree(tree);
    // The length of a text is not checked, and a position beyond 31 bits would be aligned to one before the beginning.
    if (this.pos > this.buffer.length) throw new Error('ends in the middle of a value');
    this.#depth--;
    return value;
  }

  protected override readArray(element: TypeTree, bytes: number): unknown {
    if (bytes > this.buffer.length - this.pos) throw new Error('array beyond the end');
    return super.readArray(element, bytes);
  }
}

/**
 * @param bytes one whole message. The bus has checked it before it was forwarded, so what throws here is a broken bus.
 * @returns undefined for a message of a type that only a newer protocol has: it is to be ignored
 * @throws {AgentError} 'malformed'
 */
export function decode(bytes: Buffer): Message | undefined {
  try {
    const buffer = new BoundedBuffer(bytes, 0, bytes.readUInt8(0), undefined, { ayBuffer: true });
    const [, typeNumber, flags, , , serial, pairs] = buffer.read(HEADER) as Header;
    const type = TYPES[typeNumber - 1];
    if (type === undefined) return undefined;
    const fields = new Map(pairs.map(([code, [, [value]]]) => [code, value]));
    buffer.align(3);
    const signature = text(fields.get(8)) ?? '';
    const trees = parseSignature(signature);
    const values = buffer.read(signature);
    return {
      type,
      serial,
      path: text(fields.get(1)),
      interface: text(fields.get(2)),
      member: text(fields.get(3)),
      errorName: text(fields.get(4)),
      replySerial: typeof fields.get(5) === 'number' ? Number(fields.get(5)) : undefined,
      destination: text(fields.get(6)),
      sender: text(fields.get(7)),
      signature,
      body: trees.map((tree, index) => fromWire(tree, values[index])),
      noReply: (flags & NO_REPLY_EXPECTED) !== 0,
    };
  } catch (error) {
    throw new AgentError('malformed', `D-Bus message that cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

type Header = readonly [
  order: number,
  type: number,
  flags: number,
  version: number,
  bodyBytes: number,
  serial: number,
  fields: readonly (readonly [code: number, variant: WireVariant])[],
];

type WireVariant = readonly [trees: readonly TypeTree[], values: readonly unknown[]];

function text(field: unknown): string | undefined {
  return typeof field === 'string' ? field : undefined;
}

function toWire(tree: TypeTree, value: Value | undefined): unknown {
  const [first, second] = tree.child;
  if (tree.type === 'h') throw new Error('file descriptors are not passed');
  if (tree.type === 'v') {
    if (!(value instanceof Variant)) throw new Error('a variant needs its signature');
    const [inner] = parseSignature(value.signature);
    if (inner === undefined) throw new Error('a variant needs its signature');
    return [value.signature, toWire(inner, value.value)];
  }
  if (tree.type === 'a' && first?.type === '{') {
    const [keyTree, valueTree] = first.child;
    if (!(value instanceof Map) || keyTree === undefined || valueTree === undefined) throw new Error('not a map');
    const entries: Iterable<[Value, Value]> = value.entries();
    return Array.from(entries, ([key, item]) => [toWire(keyTree, key), toWire(valueTree, item)]);
  }
  if (tree.type === 'a' && first !== undefined) {
    if (first.type === 'y' && Buffer.isBuffer(value)) return value;
    if (!Array.isArray(value)) throw new Error('not a list');
    return value.map((item: Value) => toWire(first, item));
  }
  if (tree.type === '(') {
    if (!Array.isArray(value) || value.length !== tree.child.length) throw new Error('not a struct of that length');
    return tree.child.map((child, index) => toWire(child, value[index]));
  }
  if (second !== undefined) throw new Error(`type ${tree.type}`);
  return value;
}

function fromWire(tree: TypeTree, wire: unknown): Value {
  const [first] = tree.child;
  if (tree.type === 'v') {
    const [[inner], [value]] = wire as WireVariant;
    if (inner === undefined) throw new Error('empty variant');
    return fromWire(inner, value);
  }
  if (tree.type === 'a' && first?.type === '{') {
    const [keyTree, valueTree] = first.child;
    if (keyTree === undefined || valueTree === undefined) throw new Error('dictionary without two types');
    const pairs = wire as readonly (readonly [unknown, unknown])[];
    return new Map(pairs.map(([key, value]) => [fromWire(keyTree, key), fromWire(valueTree, value)]));
  }
  if (tree.type === 'a' && first !== undefined && first.type !== 'y') {
    return (wire as readonly unknown[]).map((item) => fromWire(first, item));
  }
  if (tree.type === '(') return tree.child.map((child, index) => fromWire(child, (wire as readonly unknown[])[index]));
  if (wire === undefined) throw new Error('ends in the middle of a value');
  return wire as Value;
}
