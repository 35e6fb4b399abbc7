import type { JsonValue } from '#shared/json/value.ts';
import { defineCommand } from '../command.ts';
import { numberOf } from '../numbers.ts';

const DEFAULT_MESSAGE = 'System is going down';
/** It stands on terminals (S5). */
const MAX_MESSAGE_LENGTH = 1024;
/** A week: who plans further ahead does not mean this machine's run. */
const MAX_DELAY_SECONDS = 7 * 24 * 60 * 60;

export const shutdown = defineCommand({
  name: 'shutdown',
  readOnly: false,
  needs: ['power'],
  run: (args, { power }) =>
    power.schedule({
      mode: isTrue(args.get('reboot')) ? 'reboot' : 'powerdown',
      delaySeconds: secondsOf(args.get('timeout')),
      message: lineOf(args.get('message')),
    }),
});

/** VDSM sends Python's word for it. */
function isTrue(value: JsonValue | undefined): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

/** What is no number means at once. */
function secondsOf(value: JsonValue | undefined): number {
  return Math.min(Math.max(numberOf(value) ?? 0, 0), MAX_DELAY_SECONDS);
}

function lineOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') return DEFAULT_MESSAGE;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what would steer a terminal, or end an argument
  const line = value.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line === '' ? DEFAULT_MESSAGE : line.slice(0, MAX_MESSAGE_LENGTH);
}
