import { AgentError } from '#shared/errors.ts';
import type { Container } from './containers.ts';

/** Of HTTP 1.0, so that the answer is one piece and ends with the connection. API: GET /containers/json, docs.docker.com */
export const REQUEST = 'GET /containers/json?all=true HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n';

const MAX_CONTAINERS = 4096;
const MAX_NAMES = 16;
const MAX_TEXT = 512;

/**
 * @param response head and body, whole
 * @throws {AgentError} 'failed' with the status of another answer than 200; 'malformed'
 */
export function parseContainers(response: string): readonly Container[] {
  const end = response.indexOf('\r\n\r\n');
  const [, status] = /^HTTP\/1\.[01] (\d{3})\b/.exec(response) ?? [];
  if (end === -1 || status === undefined) throw new AgentError('malformed', 'the container service speaks no HTTP');
  if (status !== '200') throw new AgentError('failed', `the container service answers with status ${status}`);
  const list = jsonOf(response.slice(end + 4));
  if (!Array.isArray(list)) throw new AgentError('malformed', 'the container service gives no list');
  return list.slice(0, MAX_CONTAINERS).map(read);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AgentError('malformed', 'the container service gives no JSON', { cause });
  }
}

/** A member that is missing or of another type is empty: hosts want all five. */
function read(one: unknown): Container {
  const members: Readonly<Record<string, unknown>> = typeof one === 'object' && one !== null ? { ...one } : {};
  const { Id, Names, Image, Command, Status } = members;
  return {
    id: textOf(Id),
    names: (Array.isArray(Names) ? Names : []).slice(0, MAX_NAMES).map(textOf),
    image: textOf(Image),
    command: textOf(Command),
    status: textOf(Status),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : '';
}
