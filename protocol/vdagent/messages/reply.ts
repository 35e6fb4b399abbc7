import { BodyWriter } from '../body.ts';
import { defineMessage, exactly } from './spec.ts';

/** Answer to MONITORS_CONFIG and DISPLAY_CONFIG. */
export interface Reply {
  /** Type number of the message that is answered. */
  readonly to: number;
  readonly succeeded: boolean;
}

const SUCCESS = 1;
const ERROR = 2;

/** u32 type, u32 error. Source: vd_agent.h, VDAgentReply. */
export const reply = defineMessage<'reply', Reply>({
  type: 3,
  name: 'reply',
  direction: 'to-host',
  needs: 'reply',
  size: exactly(8),
  decode: (body) => ({ to: body.u32(), succeeded: body.u32() === SUCCESS }),
  encode: ({ to, succeeded }) =>
    new BodyWriter()
      .u32(to)
      .u32(succeeded ? SUCCESS : ERROR)
      .finish(),
});
