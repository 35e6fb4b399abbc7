/** Why something failed, in the few ways a caller can act on. */
export type ErrorCode =
  | 'malformed' // bytes that break a wire format
  | 'invalid-argument' // a well-formed request with a value we do not take
  | 'unsupported' // this platform or build cannot do it
  | 'refused' // allowed in general, not now or not here (frozen, blocked, demo mode)
  | 'busy' // somebody else has it
  | 'not-found'
  | 'timeout'
  | 'cancelled'
  | 'failed'; // the operating system said no; see `cause`

/** The project's one error class. Anything else that is thrown is a bug and is logged with its stack. */
export class AgentError extends Error {
  override readonly name = 'AgentError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a person should read of something that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name ("ENOENT") of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
