import type { JsonValue } from '#shared/json/value.ts';
import { Lexer, MAX_TOKEN_SIZE, type TokenKind, type TokenSink } from './lexer.ts';
import { MAX_ECHO, ValueParser } from './parser.ts';
import { describeBytes } from './text.ts';

/** What the byte stream turned out to contain. */
export type ReadEvent =
  | { readonly kind: 'value'; readonly value: JsonValue }
  /** To be answered at once as a GenericError without an id. */
  | { readonly kind: 'error'; readonly desc: string };

/** Tokens of one message. */
export const MAX_TOKENS = 2 * 1024 * 1024;
/** `{` and `[` open together. */
export const MAX_NESTING = 1024;

/**
 * Finds the JSON values in a byte stream that may be cut anywhere. Not lines: a value is complete when its brackets
 * balance. A broken stream never ends: bad input is an event, and a valid request after it is still found (L1).
 *
 * Lexical errors are reported at once and forget all open brackets. Errors of syntax are reported when the brackets
 * balance or go negative. Source: QEMU qobject/json-streamer.c.
 */
export class JsonReader implements TokenSink {
  readonly #lexer = new Lexer(this);
  readonly #parser: ValueParser;
  #events: ReadEvent[] = [];
  #braces = 0;
  #brackets = 0;
  #tokens = 0;
  #tokenBytes = 0;

  /**
   * @param forGuest as the guest's end wants it: the password among a request's arguments is a Secret, which whoever takes
   *   the value wipes, and what was read of it is wiped, `bytes` of `push` included; long file data is Base64, already decoded
   */
  constructor({ forGuest = false }: { readonly forGuest?: boolean } = {}) {
    this.#parser = new ValueParser(forGuest);
  }

  get readsSecret(): boolean {
    return this.#parser.expectsSecret;
  }

  /** Never throws. `bytes` may be used again after the call. */
  push(bytes: Uint8Array): ReadEvent[] {
    this.#lexer.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  /** No value is half read. */
  get isIdle(): boolean {
    return this.#tokens === 0 && this.#lexer.isIdle;
  }

  /** Forgets a half-read value: its sender is gone. */
  reset(): void {
    this.#lexer.reset();
    this.#startOver();
  }

  token(kind: TokenKind, bytes: Buffer, plain: boolean): void {
    if (kind === '{') this.#braces++;
    else if (kind === '}') this.#braces--;
    else if (kind === '[') this.#brackets++;
    else if (kind === ']') this.#brackets--;

    const limit = this.#exceededLimit(bytes.length);
    if (limit !== undefined) return this.#error(limit);
    this.#tokens++;
    this.#tokenBytes += bytes.length;
    this.#parser.token(kind, bytes, plain);

    const open = this.#braces > 0 || this.#brackets > 0;
    if (open && this.#braces >= 0 && this.#brackets >= 0) return;
    if (this.#parser.problem !== undefined) return this.#error(`JSON parse error, ${this.#parser.problem}`);
    const value = this.#parser.take();
    // Brackets that balance only by kind, as in `[{]}`, have failed above; nothing else can end early.
    if (value === undefined) return this.#error('JSON parse error, premature EOI');
    this.#events.push({ kind: 'value', value });
    this.#startOver();
  }

  stray(bytes: Buffer): void {
    const text = describeBytes(bytes.subarray(0, MAX_ECHO));
    this.#error(`JSON parse error, stray '${text}${bytes.length > MAX_ECHO ? '...' : ''}'`);
  }

  tooLong(): void {
    this.#error('JSON token size limit exceeded');
  }

  #exceededLimit(size: number): string | undefined {
    if (this.#tokenBytes + size + 1 > MAX_TOKEN_SIZE) return 'JSON token size limit exceeded';
    if (this.#tokens + 1 > MAX_TOKENS) return 'JSON token count limit exceeded';
    if (this.#braces + this.#brackets > MAX_NESTING) return 'JSON nesting depth limit exceeded';
    return undefined;
  }

  #error(desc: string): void {
    this.#events.push({ kind: 'error', desc });
    this.#startOver();
  }

  #startOver(): void {
    this.#parser.reset();
    this.#braces = 0;
    this.#brackets = 0;
    this.#tokens = 0;
    this.#tokenBytes = 0;
  }
}
