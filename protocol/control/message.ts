import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import { integer, maybe, record, text, word } from '#shared/schema/record.ts';
import { type AgentStatus, agentStatus } from './status.ts';

/**
 * The control socket's wire: one line of JSON asks, lines of JSON answer. Members that are unknown are ignored on both
 * sides, so that a newer program can ask an older agent. Decision: docs/decisions/0020-the-control-socket.md.
 */
export const CONTROL_VERSION = 1;
export const MAX_REQUEST_BYTES = 1024;
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** `status`: one answer, then the connection is closed. `watch`: one now, and one after each change. */
export const ASKS = ['status', 'watch'] as const;
export type Ask = (typeof ASKS)[number];

const request = record({ ask: word(...ASKS) });

export interface Answer {
  /** Age of the agent when it answered, in milliseconds: the moments of the status count from the same start. */
  readonly uptimeMs: number;
  readonly status: AgentStatus;
}

const answer = record({
  uptimeMs: maybe(integer(0, Number.MAX_SAFE_INTEGER)),
  status: maybe(agentStatus),
  error: maybe(text(500)),
});

export function formatRequest(ask: Ask): string {
  return `${formatJson({ ask })}\n`;
}

/** @throws {AgentError} 'malformed' */
export function parseRequest(line: string): Ask {
  return request.read(parseMaps(line), '').ask;
}

/** @param status what `formatStatus` made */
export function formatAnswer(uptimeMs: number, status: string): string {
  return `{"version": ${CONTROL_VERSION}, "uptimeMs": ${Math.floor(uptimeMs)}, "status": ${status}}\n`;
}

/** The part of an answer that is the same as long as nothing changes. */
export function formatStatus(status: AgentStatus): string {
  return formatJson(status);
}

export function formatRefusal(error: string): string {
  return `${formatJson({ version: CONTROL_VERSION, error })}\n`;
}

/** @throws {AgentError} 'refused' with the agent's words, 'malformed' */
export function parseAnswer(line: string): Answer {
  const { uptimeMs, status, error } = answer.read(parseMaps(line), '');
  if (error !== undefined) throw new AgentError('refused', error);
  if (uptimeMs === undefined || status === undefined) throw new AgentError('malformed', 'an answer without a status');
  return { uptimeMs, status };
}

/** JSON with its objects as Maps: member names come from the other side, `__proto__` included. */
function parseMaps(line: string): unknown {
  try {
    return JSON.parse(line, (_name, value: unknown) => (isObject(value) ? new Map(Object.entries(value)) : value));
  } catch (error) {
    throw new AgentError('malformed', 'a line that is no JSON', { cause: error });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}
