export type Fields = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * One line per event: a fixed message to search for, and fields to read.
 *
 * *error* somebody must act; *warn* we went on without something; *info* what an administrator wants to read a year
 * later; *debug* one line per message, bytes as length only. Secrets, clipboard content and file data are never fields.
 */
export interface Log {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  child(fields: Fields): Log;
}

/** Where nobody listens. */
export const silent: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => silent,
};
