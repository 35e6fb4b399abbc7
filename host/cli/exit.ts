import { GuestSaidNo } from '#host/connection/guest-said-no.ts';
import type { Io } from '#shared/cli/io.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';

/** Exit codes of the host tools. */
export const EXIT = { ok: 0, guestError: 1, usage: 2, unreachable: 3 } as const;

/** @returns the exit code that belongs to the error */
export function reportError(what: string, error: unknown, io: Pick<Io, 'stderr'>): number {
  if (!(error instanceof AgentError)) throw error;
  io.stderr.write(`${plain(what)}: ${plain(error.message, 4000)}\n`);
  return error instanceof GuestSaidNo ? EXIT.guestError : EXIT.unreachable;
}
