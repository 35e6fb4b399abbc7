import type { Door } from '#host/qga/door.ts';
import { DEFAULT_GRACE_MS, SILENT_COMMANDS } from '#host/qga/options.ts';
import type { Io } from '#shared/cli/io.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonObject } from '#shared/json/value.ts';
import { EXIT, reportError } from './exit.ts';
import { formatPretty } from './pretty.ts';

export interface Call {
  readonly command: string;
  readonly args: JsonObject | undefined;
}

/** Where a call's outcome is shown. */
export interface Surface {
  readonly io: Io;
  readonly pretty: boolean;
}

/** One command: what the guest returned goes to stdout, all else to stderr. @returns one of EXIT */
export async function call(
  door: Door,
  { command, args }: Call,
  { io, pretty }: Surface,
  signal?: AbortSignal,
): Promise<number> {
  try {
    const client = await door.client({ signal });
    if (SILENT_COMMANDS.has(command)) {
      const told = await client.tell(command, args, { signal });
      io.stderr.write(`${command}: ${TOLD[told]}\n`);
    } else {
      const value = await client.request(command, args, { signal });
      io.stdout.write(`${pretty ? formatPretty(value) : formatJson(value)}\n`);
    }
    return EXIT.ok;
  } catch (error) {
    return reportError(command, error, io);
  }
}

const TOLD = {
  closed: 'sent; no reply is due on success, and the channel closed',
  silent: `sent; no reply is due on success, and none came for ${DEFAULT_GRACE_MS / 1000} s`,
  replied: 'the guest replied that it is done',
} as const;
