import { AgentError } from '#shared/errors.ts';
import { BodyWriter } from '../body.ts';
import { defineMessage, exactly } from './spec.ts';

/** Longest clipboard data the client takes; set anew by each client. */
export interface MaxClipboard {
  readonly maxBytes: number | 'unlimited';
}

const UNLIMITED = -1;

/** i32 bytes, -1 for no limit. Source: vd_agent.h, VDAgentMaxClipboard. */
export const maxClipboard = defineMessage<'max-clipboard', MaxClipboard>({
  type: 14,
  name: 'max-clipboard',
  direction: 'to-guest',
  needs: 'max-clipboard',
  size: exactly(4),
  decode(body) {
    const bytes = body.i32();
    if (bytes < UNLIMITED) throw new AgentError('malformed', `clipboard limit of ${bytes} bytes`);
    return { maxBytes: bytes === UNLIMITED ? 'unlimited' : bytes };
  },
  encode: ({ maxBytes }) => new BodyWriter().i32(maxBytes === 'unlimited' ? UNLIMITED : maxBytes).finish(),
});
