import type { Option } from '#shared/cli/options.ts';
import { AgentError } from '#shared/errors.ts';

/** Rows that the command lines of several doors share. */
export const CONNECT = {
  name: 'connect',
  short: 'c',
  value: 'PATH',
  required: true,
  help: 'Unix socket of the channel, as in QEMU\'s "-chardev socket,path=PATH,server=on,wait=off". It serves one client at a time.',
} as const satisfies Option;

export function timeoutRow(defaultMs: number) {
  return {
    name: 'timeout',
    short: 't',
    value: 'SECONDS',
    help: `How long to wait for the connection, and for each answer. Fractions are allowed. Default ${defaultMs / 1000}.`,
  } as const satisfies Option;
}

export const FOR = {
  name: 'for',
  value: 'SECONDS',
  help: 'End after this time with exit code 0. Otherwise only an interrupt or the end of the connection ends it.',
} as const satisfies Option;

const MAX_SECONDS = 86_400;

/**
 * @returns milliseconds; undefined if the option is not given
 * @throws {AgentError} 'invalid-argument'
 */
export function readSeconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds < 0.001 || seconds > MAX_SECONDS) {
    throw new AgentError('invalid-argument', `--${option} takes seconds from 0.001 to ${MAX_SECONDS}, not '${text}'`);
  }
  return Math.ceil(seconds * 1000);
}
