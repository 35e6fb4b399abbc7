import { connect } from 'node:net';
import { LineReader } from '#protocol/control/lines.ts';
import { type Answer, type Ask, formatRequest, MAX_ANSWER_BYTES, parseAnswer } from '#protocol/control/message.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { readConfiguration } from '../config/read.ts';

export interface AskOptions {
  /** The first answer must come so soon; what a watcher hears next takes as long as it takes. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the running agent. `status` gives one answer, `watch` gives them until the agent ends or `signal` aborts.
 * @throws {AgentError} 'not-found': no agent runs there; 'timeout', 'refused', 'malformed', 'failed'
 */
export async function* ask(path: string, what: Ask, { timeoutMs, signal }: AskOptions): AsyncGenerator<Answer> {
  const socket = connect({ path });
  const late = () => socket.destroy(new AgentError('timeout', `the agent at ${path} does not answer`));
  const deadline = setTimeout(late, timeoutMs);
  const leave = () => socket.destroy();
  signal?.addEventListener('abort', leave);
  try {
    socket.write(formatRequest(what));
    const lines = new LineReader(MAX_ANSWER_BYTES);
    for await (const chunk of socket) {
      for (const line of lines.push(chunk as Buffer)) {
        clearTimeout(deadline);
        yield parseAnswer(line);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw explained(path, error);
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', leave);
    socket.destroy();
  }
}

/** @throws {AgentError} as `ask`, and 'failed' when the agent ends instead of answering */
export async function askOnce(path: string, timeoutMs: number): Promise<Answer> {
  for await (const answer of ask(path, 'status', { timeoutMs })) return answer;
  throw new AgentError('failed', `the agent at ${path} closed the connection without an answer`);
}

/** Where the agent listens: as given, else as configured. What is wrong with the files is the doctor's matter. */
export function controlPath(given: string | undefined, file: string | undefined): string {
  return given ?? readConfiguration({ file }).config.control;
}

function explained(path: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const code = errnoOf(error);
  if (code === 'ENOENT') return new AgentError('not-found', `there is no socket ${path}`);
  if (code === 'ECONNREFUSED')
    return new AgentError('not-found', `nobody listens on ${path}, an agent has ended there`);
  return new AgentError('failed', `${path}: ${messageOf(error)}`, { cause: error });
}
