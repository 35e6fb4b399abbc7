import { type Content, Flow } from '#shared/bytes/flow.ts';
import type { Link } from '../link.ts';
import { type ClipboardAnswer, MAX_DIRECT_BYTES } from './clipboard.ts';

const NOTHING: ClipboardAnswer = { stream: undefined, size: undefined, content: undefined, why: undefined };

/** @param why for people */
export function refusal(why: string): ClipboardAnswer {
  return { ...NOTHING, why };
}

/**
 * The answer that gives `content`: within itself when it is short and the asker takes it so, else as a stream.
 * @throws {AgentError} as `Link.sendStream`
 */
export function contentAnswer(link: Link, content: Content, direct: boolean | undefined): ClipboardAnswer {
  if (direct === true && !(content instanceof Flow) && content.length <= MAX_DIRECT_BYTES) {
    return { ...NOTHING, content };
  }
  const size = content instanceof Flow ? content.size : content.length;
  return { ...NOTHING, stream: link.sendStream(content), size };
}
