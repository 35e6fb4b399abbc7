import type { Fields, Log, LogLevel } from './log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** Keeps what was logged, newest last; for tests and for the console of the demonstration. */
export class MemoryLog implements Log {
  readonly lines: LogLine[];
  readonly #fields: Fields;

  constructor(lines: LogLine[] = [], fields: Fields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  error(message: string, fields?: Fields): void {
    this.#add('error', message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#add('warn', message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#add('info', message, fields);
  }

  debug(message: string, fields?: Fields): void {
    this.#add('debug', message, fields);
  }

  child(fields: Fields): Log {
    return new MemoryLog(this.lines, { ...this.#fields, ...fields });
  }

  #add(level: LogLevel, message: string, fields: Fields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
