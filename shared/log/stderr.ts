import { writeSync } from 'node:fs';
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import type { Fields, Log, LogLevel } from './log.ts';
import { LogValve } from './valve.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** Descriptor that lines are written to; they are complete when the call returns. */
  readonly fd: number;
  /** The journal wants a priority in front and adds the time itself; anything else gets the time. */
  readonly journal: boolean;
}

/** Names that must never be readable in a log, whatever a caller passes. Callers pass no secrets in the first place. */
const REDACTED = ['password', 'secret', 'token', 'credentials', 'key'];

/** Lines for people: `2026-01-31T12:00:00.000Z info  host connected channel=virtio:org.qemu.guest_agent.0`. */
export function createLog(options: LogOptions): Log {
  return createValvedLog(options).log;
}

/** The same, with the valve that holds its lines back while nothing can be written. */
export function createValvedLog({ level, fd, journal }: LogOptions): { readonly log: Log; readonly valve: LogValve } {
  const valve = new LogValve((line) => writeAll(fd, line));
  const options: LoggerOptions = {
    level,
    base: null,
    messageKey: 'message',
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { error: describeError },
  };
  const destination: DestinationStream = {
    write(line) {
      valve.pass(render(JSON.parse(line) as Record<string, unknown>, journal, valve.isShut));
    },
  };
  return { log: wrap(pino(options, destination)), valve };
}

/** What is used of pino's logger, whose own type depends on its options. */
interface Sink {
  error(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  debug(fields: Fields, message: string): void;
  child(fields: Fields): Sink;
}

function wrap(logger: Sink): Log {
  return {
    error: (message, fields: Fields = {}) => logger.error(fields, message),
    warn: (message, fields: Fields = {}) => logger.warn(fields, message),
    info: (message, fields: Fields = {}) => logger.info(fields, message),
    debug: (message, fields: Fields = {}) => logger.debug(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** pino's numbers, the words of this project, and syslog(3)'s priorities. */
const LEVELS: ReadonlyMap<unknown, readonly [name: LogLevel, priority: number]> = new Map([
  [50, ['error', 3]],
  [40, ['warn', 4]],
  [30, ['info', 6]],
  [20, ['debug', 7]],
] as const);

/** @param late the line is written later than it was logged, so that the journal's own time would be wrong */
function render({ level, time, message, ...fields }: Record<string, unknown>, journal: boolean, late: boolean): string {
  const [name, priority] = LEVELS.get(level) ?? ['error', 3];
  const words = Object.entries(fields).map(([key, value]) => ` ${key}=${renderValue(value)}`);
  const text = `${message}${words.join('')}`;
  const at = new Date(Number(time)).toISOString();
  if (journal) return `<${priority}>${text}${late ? ` at=${at}` : ''}\n`;
  return `${at} ${name.padEnd(5)} ${text}\n`;
}

/** Quoted where a reader could not see the end otherwise, or a peer's text could pretend to be another line. */
function renderValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value)) return value;
  return JSON.stringify(value);
}

/** The message alone of what we threw ourselves or the system did; the stack where it is a bug. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const expected = error.name === 'AgentError' || 'syscall' in error;
  return expected ? error.message : (error.stack ?? error.message);
}

function writeAll(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } catch {
    // Nobody reads any more, or the pipe is full: a log line is worth less than the daemon.
  }
}
