import { BodyWriter } from '../body.ts';
import { type Capabilities, decodeCapabilities, encodeCapabilities } from '../capabilities.ts';
import { atLeast, defineMessage } from './spec.ts';

export interface AnnounceCapabilities {
  /** The receiver answers with its own, without this. From a host it also means: a new client is here. */
  readonly request: boolean;
  readonly capabilities: Capabilities;
}

/** u32 request, u32 words[]. Source: vd_agent.h, VDAgentAnnounceCapabilities. */
export const announceCapabilities = defineMessage<'announce-capabilities', AnnounceCapabilities>({
  type: 6,
  name: 'announce-capabilities',
  direction: 'both',
  size: atLeast(4),
  decode: (body) => ({ request: body.u32() !== 0, capabilities: decodeCapabilities(body.rest()) }),
  encode: ({ request, capabilities }) =>
    new BodyWriter()
      .u32(request ? 1 : 0)
      .bytes(encodeCapabilities(capabilities))
      .finish(),
});
