import { AgentError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/json/value.ts';
import { isLifecycleEvent } from '../../lifecycle/lifecycle.ts';
import { type Conversation, defineCommand } from '../command.ts';

/** Of the host's word for an event, in the log. */
const MAX_SHOWN = 64;
/** A UUID has 36 characters. */
const MAX_REPLY_ID = 256;

/**
 * The host is about to move the guest or to keep its state on a disk, or has done so. With `reply_id` it waits until it hears
 * `completion`, and gets it whatever became of the hooks: the message has no room for a result.
 */
export const lifecycleEvent = defineCommand({
  name: 'lifecycle-event',
  readOnly: false,
  needs: ['lifecycle'],

  async run(args, { lifecycle }, conversation) {
    const event = args.get('type');
    const isAwaited = replyIdIn(args) !== undefined;
    try {
      if (!isLifecycleEvent(event)) throw new AgentError('invalid-argument', `no such event: ${shown(event)}`);
      await lifecycle.happened({ event, failure: args.get('failure') === true, isAwaited });
    } finally {
      complete(args, conversation);
    }
  },

  /** It need not wait for nothing. */
  declined: complete,
});

function complete(args: JsonObject, { version, answer }: Conversation): void {
  const replyId = replyIdIn(args);
  if (replyId !== undefined && version.inForce >= 3) answer('completion', { reply_id: replyId, done: true });
}

/** What it is called back by: VDSM looks for it among its keys, and stumbles over what cannot be one. */
function replyIdIn(args: JsonObject): string | bigint | undefined {
  const id = args.get('reply_id');
  if (typeof id === 'bigint') return id;
  return typeof id === 'string' && id !== '' && id.length <= MAX_REPLY_ID ? id : undefined;
}

function shown(event: unknown): string {
  return typeof event === 'string' ? event.slice(0, MAX_SHOWN) : typeof event;
}
