import { Secret } from '#shared/bytes/secret.ts';
import { Spare } from '#shared/bytes/spare.ts';
import { Base64, type JsonValue } from '#shared/json/value.ts';
import { decodeBase64Bytes } from './base64.ts';
import type { TokenKind } from './lexer.ts';
import { decodeSecret, decodeString } from './text.ts';

/**
 * Builds one value from tokens. The first thing that is wrong decides the error text and everything after it is
 * ignored: when the value ends is the reader's business, not the grammar's.
 *
 * Source: QEMU qobject/json-parser.c.
 */
export class ValueParser {
  readonly #stack: Frame[] = [];
  #value: JsonValue | undefined;
  #problem: string | undefined;
  /** In the unfinished value. */
  #secrets: Secret[] = [];

  /** Of file data, which comes in pieces of one size. */
  readonly #spare = new Spare();

  /**
   * @param forGuest among the arguments of a request the password becomes a Secret, and never a string; and long file data
   *   becomes Base64
   */
  constructor(private readonly forGuest = false) {}

  /** A string that comes now is a password. */
  get expectsSecret(): boolean {
    return this.#expectsArgument('password');
  }

  #expectsArgument(name: string): boolean {
    if (this.#stack.length !== 2 || !this.forGuest) return false; // asked at each token
    const [request, args] = this.#stack;
    if (request?.kind !== 'dict' || args?.kind !== 'dict') return false;
    return request.key === 'arguments' && args.key === name && args.expects === 'value';
  }

  /** What is wrong with the value, or undefined as long as nothing is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Hands over the value, if it is complete, and with it its secrets. */
  take(): JsonValue | undefined {
    if (this.#value !== undefined) this.#secrets = [];
    return this.#value;
  }

  /** Forgets an unfinished value, and wipes its secrets. */
  reset(): void {
    for (const secret of this.#secrets) secret.wipe();
    this.#secrets = [];
    this.#stack.length = 0;
    this.#value = undefined;
    this.#problem = undefined;
  }

  token(kind: TokenKind, bytes: Buffer, plain: boolean): void {
    if (this.#problem !== undefined) return;
    const frame = this.#stack.at(-1);
    if (frame === undefined) return this.#startValue(kind, bytes, plain);
    if (frame.expects === 'value') {
      if (frame.mayEnd && kind === frame.close) return this.#end(frame);
      frame.mayEnd = false;
      return this.#startValue(kind, bytes, plain);
    }
    if (frame.expects === 'colon') {
      if (kind !== ':') return this.#fail('missing : in object pair');
      frame.expects = 'value';
      return;
    }
    if (kind === frame.close) return this.#end(frame);
    if (kind !== ',') return this.#fail(`expected separator in ${frame.kind}`);
    frame.expects = 'value';
  }

  #startValue(kind: TokenKind, bytes: Buffer, plain: boolean): void {
    switch (kind) {
      case '{':
        this.#stack.push({
          kind: 'dict',
          close: '}',
          expects: 'value',
          mayEnd: true,
          key: undefined,
          members: new Map(),
        });
        return;
      case '[':
        this.#stack.push({ kind: 'list', close: ']', expects: 'value', mayEnd: true, items: [] });
        return;
      case 'string':
        return this.#string(bytes, plain);
      case 'integer':
        return this.#complete(integer(bytes.toString('latin1')));
      case 'float':
        return this.#complete(Number(bytes.toString('latin1')));
      case 'keyword':
        return this.#keyword(bytes.toString('latin1'));
      default:
        return this.#fail('expecting value');
    }
  }

  #string(bytes: Buffer, plain: boolean): void {
    if (this.expectsSecret) return this.#secret(bytes);
    if (plain) return this.#complete(this.#data(bytes) ?? bytes.toString('latin1', 1, bytes.length - 1));
    const result = decodeString(bytes);
    if (result.ok) this.#complete(result.text);
    else this.#fail(result.why);
  }

  /** One string of all of it would be memory that V8 looks through its whole heap for. */
  #data(bytes: Buffer): Base64 | undefined {
    if (bytes.length < LONG || !this.#expectsArgument('buf-b64')) return undefined;
    const { bytes: memory, release } = this.#spare.take(Math.ceil(bytes.length / 4) * 3);
    const data = decodeBase64Bytes(bytes.subarray(1, -1), memory);
    return data && new Base64(data, release);
  }

  #secret(bytes: Buffer): void {
    const result = decodeSecret(bytes);
    if (!result.ok) return this.#fail(result.why);
    const secret = new Secret(result.bytes);
    this.#secrets.push(secret);
    this.#complete(secret);
  }

  #keyword(word: string): void {
    if (word === 'true') this.#complete(true);
    else if (word === 'false') this.#complete(false);
    else if (word === 'null') this.#complete(null);
    else this.#fail(`invalid keyword '${word.length > MAX_ECHO ? `${word.slice(0, MAX_ECHO)}...` : word}'`);
  }

  #end(frame: Frame): void {
    this.#stack.pop();
    this.#complete(frame.kind === 'dict' ? frame.members : frame.items);
  }

  #complete(value: JsonValue): void {
    const frame = this.#stack.at(-1);
    if (frame === undefined) {
      this.#value = value;
    } else if (frame.kind === 'list') {
      frame.items.push(value);
      frame.expects = 'separator';
    } else if (frame.key === undefined) {
      if (typeof value !== 'string') return this.#fail('key is not a string in object');
      frame.key = value;
      frame.expects = 'colon';
    } else {
      if (frame.members.has(frame.key)) return this.#fail('duplicate key');
      frame.members.set(frame.key, value);
      frame.key = undefined;
      frame.expects = 'separator';
    }
  }

  #fail(why: string): void {
    this.#problem = why;
    this.#stack.length = 0;
  }
}

/** File data from here on is decoded as it is read. */
const LONG = 64 * 1024;

/** Longest piece of a peer's input that an error repeats. */
export const MAX_ECHO = 256;

interface Expecting {
  expects: 'value' | 'colon' | 'separator';
  /** Right after the opening bracket the closing one is fine; after a comma it is not. */
  mayEnd: boolean;
}
interface Dict extends Expecting {
  readonly kind: 'dict';
  readonly close: '}';
  readonly members: Map<string, JsonValue>;
  key: string | undefined;
}
interface List extends Expecting {
  readonly kind: 'list';
  readonly close: ']';
  readonly items: JsonValue[];
}
type Frame = Dict | List;

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** int64, else uint64, else the nearest double. */
function integer(text: string): bigint | number {
  if (text.length > 20) return Number(text); // no 64-bit integer is longer, and BigInt of a long text is slow
  const value = BigInt(text);
  return value >= MIN_INT64 && value <= MAX_UINT64 ? value : Number(text);
}
