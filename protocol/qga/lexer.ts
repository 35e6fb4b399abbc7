/**
 * Tokens of the JSON dialect that QEMU's agent reads (RFC 8259, plus strings in single quotes).
 *
 * A lexical error is a byte that no token can contain. The lexer then reports everything of the broken token and
 * recovers: it skips bytes until one of `{ } [ ] : ,`, a control byte other than TAB, or 0xFE/0xFF, and goes on *with*
 * that byte. So 0xFF is not special as such; it is a byte that always breaks a token and always ends a recovery.
 *
 * Source: QEMU qobject/json-lexer.c.
 */

import { Spare, type Taken } from '#shared/bytes/spare.ts';
import { endOfOrdinary } from './ordinary.ts';

export type TokenKind = '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'integer' | 'float' | 'keyword';

export interface TokenSink {
  /** `bytes` are the token as written, quotes included, and valid during the call only. `plain`: a string without escapes or bytes beyond ASCII. */
  token(kind: TokenKind, bytes: Buffer, plain: boolean): void;
  /** A lexical error; `bytes` are the broken token up to and including the byte that broke it. */
  stray(bytes: Buffer): void;
  /** What is being read must not remain: the copies of it are wiped. */
  readonly readsSecret?: boolean;
  /** A token grew beyond MAX_TOKEN_SIZE. What is left of it is skipped. */
  tooLong(): void;
}

/** Bytes of one token, and of all tokens of one message together. */
export const MAX_TOKEN_SIZE = 64 * 1024 * 1024;

const FIRST_HELD = 256;

type State =
  | 'start'
  | 'recovery'
  | 'double-quoted'
  | 'double-quoted-escape'
  | 'single-quoted'
  | 'single-quoted-escape'
  | 'keyword'
  | 'minus'
  | 'zero'
  | 'digits'
  | 'point'
  | 'fraction'
  | 'exponent'
  | 'exponent-sign'
  | 'exponent-digits';

const TAB = 0x09;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;

const STRUCTURAL: ReadonlyMap<number, TokenKind> = new Map(
  (['{', '}', '[', ']', ':', ','] as const).map((kind) => [kind.charCodeAt(0), kind]),
);

const ENDS_RECOVERY = byteTable((byte) => (byte < SPACE && byte !== TAB) || byte >= 0xfe || STRUCTURAL.has(byte));

function byteTable(test: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (test(byte) ? 1 : 0));
}

/** Turns bytes, cut anywhere, into tokens. Holds at most one unfinished token. */
export class Lexer {
  #state: State = 'start';
  /** What came of the unfinished token with earlier pushes. */
  #held: Taken | undefined;
  #heldSize = 0;
  readonly #spare = new Spare();
  #plain = true;

  constructor(private readonly sink: TokenSink) {}

  /** Nothing is unfinished. */
  get isIdle(): boolean {
    return this.#state === 'start';
  }

  /** Forgets an unfinished token. */
  reset(): void {
    this.#state = 'start';
    this.#drop();
  }

  push(bytes: Buffer): void {
    let begin = 0; // of the current token in `bytes`
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      const state = this.#state;
      if (state === 'start') {
        begin = at;
        at += this.#begin(byte, bytes, at);
      } else if (state === 'recovery') {
        if (ENDS_RECOVERY[byte]) this.#state = 'start';
        else at++;
      } else if (state === 'double-quoted' || state === 'single-quoted') {
        at = endOfOrdinary(bytes, at);
        if (at < bytes.length) at = this.#insideString(state, bytes, begin, at);
      } else if (state === 'double-quoted-escape' || state === 'single-quoted-escape') {
        if (byte < SPACE || byte >= 0xfe) this.#stray(bytes, begin, at);
        else this.#state = state === 'double-quoted-escape' ? 'double-quoted' : 'single-quoted';
        at++;
      } else {
        at = this.#insideWord(state, byte, bytes, begin, at);
      }
      if (this.#heldSize + at - begin > MAX_TOKEN_SIZE && isToken(this.#state)) {
        this.#drop();
        this.#state = 'recovery';
        this.sink.tooLong();
      }
    }
    if (isToken(this.#state)) this.#hold(bytes.subarray(begin));
  }

  /** First byte of a token, or white space. @returns how many bytes were consumed */
  #begin(byte: number, bytes: Buffer, at: number): 0 | 1 {
    if (byte === SPACE || byte === TAB || byte === 0x0a || byte === 0x0d) return 1;
    const structural = STRUCTURAL.get(byte);
    if (structural !== undefined) this.sink.token(structural, bytes.subarray(at, at + 1), true);
    else if (byte === DOUBLE_QUOTE) this.#state = 'double-quoted';
    else if (byte === SINGLE_QUOTE) this.#state = 'single-quoted';
    else if (byte === MINUS) this.#state = 'minus';
    else if (byte === ZERO) this.#state = 'zero';
    else if (isDigit(byte)) this.#state = 'digits';
    else if (isLowerCase(byte)) this.#state = 'keyword';
    else this.#stray(bytes, at, at);
    return 1;
  }

  /** A byte of a string that is not ORDINARY. @returns where to go on */
  #insideString(state: 'double-quoted' | 'single-quoted', bytes: Buffer, begin: number, at: number): number {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH) {
      this.#plain = false;
      this.#state = `${state}-escape`;
    } else if (byte === (state === 'double-quoted' ? DOUBLE_QUOTE : SINGLE_QUOTE)) {
      this.#emit('string', bytes, begin, at + 1);
    } else if (byte < SPACE || byte >= 0xfe) {
      this.#stray(bytes, begin, at);
    } else if (byte >= 0x80) {
      this.#plain = false;
    }
    return at + 1;
  }

  /** Numbers and keywords end at the byte after them, which is then looked at afresh. @returns where to go on */
  #insideWord(state: State, byte: number, bytes: Buffer, begin: number, at: number): number {
    const next = wordTransition(state, byte);
    if (next === 'broken') {
      this.#stray(bytes, begin, at);
      return at + 1;
    }
    if (next === 'integer' || next === 'float' || next === 'keyword-end') {
      this.#emit(next === 'keyword-end' ? 'keyword' : next, bytes, begin, at);
      return at;
    }
    this.#state = next;
    return at + 1;
  }

  #emit(kind: TokenKind, bytes: Buffer, begin: number, end: number): void {
    const token = this.#join(bytes, begin, end);
    const plain = this.#plain;
    const held = this.#held;
    const isSecret = this.sink.readsSecret;
    this.#held = undefined; // until the sink has taken the token
    this.#drop();
    this.#state = 'start';
    this.sink.token(kind, token, plain);
    if (isSecret) token.fill(0);
    held?.release();
  }

  #stray(bytes: Buffer, begin: number, last: number): void {
    // An error's text quotes it.
    const token = Buffer.from(
      this.sink.readsSecret ? bytes.subarray(last, last + 1) : this.#join(bytes, begin, last + 1),
    );
    this.#drop();
    this.#state = 'recovery';
    this.sink.stray(token);
  }

  /** Valid until the next push. */
  #join(bytes: Buffer, begin: number, end: number): Buffer {
    const rest = bytes.subarray(begin, Math.max(begin, end));
    if (this.#held === undefined) return rest;
    this.#hold(rest);
    return this.#held.bytes.subarray(0, this.#heldSize);
  }

  #hold(part: Buffer): void {
    const size = this.#heldSize + part.length;
    if (this.#held === undefined || this.#held.bytes.length < size) this.#grow(size);
    part.copy((this.#held as Taken).bytes, this.#heldSize);
    this.#heldSize = size;
    if (this.sink.readsSecret) part.fill(0);
  }

  #grow(size: number): void {
    const before = this.#held;
    this.#held = this.#spare.take(Math.max(size, FIRST_HELD, Math.min(2 * this.#heldSize, MAX_TOKEN_SIZE)));
    before?.bytes.copy(this.#held.bytes, 0, 0, this.#heldSize);
    if (this.sink.readsSecret) before?.bytes.fill(0, 0, this.#heldSize);
  }

  #drop(): void {
    if (this.sink.readsSecret) this.#held?.bytes.fill(0, 0, this.#heldSize);
    this.#held?.release();
    this.#held = undefined;
    this.#heldSize = 0;
    this.#plain = true;
  }
}

type Transition = State | 'integer' | 'float' | 'keyword-end' | 'broken';

function wordTransition(state: State, byte: number): Transition {
  const digit = isDigit(byte);
  const isExponent = byte === 0x65 || byte === 0x45; // e E
  switch (state) {
    case 'keyword':
      return isLowerCase(byte) ? 'keyword' : 'keyword-end';
    case 'minus':
      return byte === ZERO ? 'zero' : digit ? 'digits' : 'broken';
    case 'zero':
      return digit ? 'broken' : byte === POINT ? 'point' : 'integer'; // no exponent: QEMU reads 0e1 as 0 and e1
    case 'digits':
      return digit ? 'digits' : byte === POINT ? 'point' : isExponent ? 'exponent' : 'integer';
    case 'point':
      return digit ? 'fraction' : 'broken';
    case 'fraction':
      return digit ? 'fraction' : isExponent ? 'exponent' : 'float';
    case 'exponent':
      return digit ? 'exponent-digits' : byte === PLUS || byte === MINUS ? 'exponent-sign' : 'broken';
    case 'exponent-sign':
      return digit ? 'exponent-digits' : 'broken';
    default:
      return digit ? 'exponent-digits' : 'float';
  }
}

function isToken(state: State): boolean {
  return state !== 'start' && state !== 'recovery';
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isLowerCase(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}
