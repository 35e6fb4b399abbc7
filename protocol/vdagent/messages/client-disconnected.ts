import { Buffer } from 'node:buffer';
import { defineMessage, exactly } from './spec.ts';

/** The last viewer has left. It has no fields. */
export type ClientDisconnected = Readonly<Record<string, never>>;

/** No body. Source: vd_agent.h, VD_AGENT_CLIENT_DISCONNECTED. */
export const clientDisconnected = defineMessage<'client-disconnected', ClientDisconnected>({
  type: 13,
  name: 'client-disconnected',
  direction: 'to-guest',
  onlyPort: 'server',
  size: exactly(0),
  decode: () => ({}),
  encode: () => Buffer.alloc(0),
});
