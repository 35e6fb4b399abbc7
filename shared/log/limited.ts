import type { Fields, Log, LogLevel } from './log.ts';

/** Lines of one message in one window that are written; what follows is only counted. */
const BURST = 5;
const WINDOW_MS = 10_000;

interface Window {
  lines: number;
  /** Of the last line that was not written. */
  last: { readonly level: LogLevel; readonly fields: Fields } | undefined;
}

/**
 * A log for events that others can cause as often as they like (S7): of each message some lines, and when its window is
 * over the last one with the number of those left out.
 */
export class LimitedLog implements Log {
  readonly #log: Log;
  readonly #windows: Map<string, Window>;

  /** Children share the windows: messages are fixed texts, so there are few. */
  constructor(log: Log, windows = new Map<string, Window>()) {
    this.#log = log;
    this.#windows = windows;
  }

  error(message: string, fields?: Fields): void {
    this.#write('error', message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#write('warn', message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#write('info', message, fields);
  }

  debug(message: string, fields?: Fields): void {
    this.#write('debug', message, fields);
  }

  child(fields: Fields): Log {
    return new LimitedLog(this.#log.child(fields), this.#windows);
  }

  #write(level: LogLevel, message: string, fields: Fields = {}): void {
    const window = this.#windows.get(message) ?? this.#open(message);
    window.lines++;
    if (window.lines <= BURST) this.#log[level](message, fields);
    else window.last = { level, fields };
  }

  #open(message: string): Window {
    const window: Window = { lines: 0, last: undefined };
    this.#windows.set(message, window);
    setTimeout(() => this.#close(message, window), WINDOW_MS).unref(); // no reason to go on running
    return window;
  }

  #close(message: string, { lines, last }: Window): void {
    this.#windows.delete(message);
    if (last !== undefined) this.#log[last.level](message, { ...last.fields, leftOut: lines - BURST });
  }
}
