import { AgentError, type ErrorCode } from '#shared/errors.ts';
import { type Read, record, text } from '#shared/schema/record.ts';

const MAX_MESSAGE = 500;

/** Body of an `error`: why a request failed, or, with id 0 in place of the hello, why a connection is refused. */
export const failureBody = record({ code: text(32), message: text(MAX_MESSAGE) });

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'malformed',
  'invalid-argument',
  'unsupported',
  'refused',
  'busy',
  'not-found',
  'timeout',
  'cancelled',
  'failed',
]);

/** A bug's text stays here: it may hold anything. */
export function formatFailure(error: unknown): Read<typeof failureBody> {
  if (!(error instanceof AgentError)) return { code: 'failed', message: 'internal error' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the reader refuses them
  return { code: error.code, message: error.message.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, MAX_MESSAGE) };
}

/** @throws {AgentError} 'malformed' if it is no failure */
export function parseFailure(body: unknown): AgentError {
  const { code, message } = failureBody.read(body, '');
  return new AgentError(isCode(code) ? code : 'failed', message);
}

function isCode(code: string): code is ErrorCode {
  return CODES.has(code);
}
