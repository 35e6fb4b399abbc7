import { AgentError } from '#shared/errors.ts';
import { defineCommand } from '../command.ts';

/** Every user's screen, as the original did; that it is locked is told as a report when the session says so. */
export const lockScreen = defineCommand({
  name: 'lock-screen',
  readOnly: false,
  needs: ['sessionControl'],
  async run(_args, { sessionControl }) {
    const open = (await sessionControl.lock()).filter(({ locked }) => !locked);
    if (open.length === 0) return;
    const reasons = open.map(({ session, why }) => `session ${session.id}: ${why}`);
    throw new AgentError('failed', `not locked: ${reasons.join('; ')}`);
  },
});
