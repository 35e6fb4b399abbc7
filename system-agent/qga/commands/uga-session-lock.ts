import { boolean, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaSessionLock = defineCommand({
  name: 'uga-session-lock',
  since: 'uga 0.1',
  summary: 'Lock the screens of all users, or of one session, and tell of each whether it is locked now.',
  worksWhere: 'in `uga system-agent`, where the desktop or logind can lock',
  testedBy: 'our agent with a played logind; the screen of a guest with a desktop',
  args: object({ session: optional(string) }),
  result: listOf(
    struct('UgaSessionLocked', {
      session: string,
      user: string,
      locked: boolean,
      by: optional(string),
      why: optional(string),
    }),
  ),
  errors: ['there is no such session of a user'],
  needs: ['sessionControl'],
  readOnly: false,

  run: async ({ session: id }, { sessionControl }) =>
    (await sessionControl.lock(id)).map(({ session, locked, by, why }) => ({
      session: session.id,
      user: session.user,
      locked,
      by,
      why,
    })),
});
