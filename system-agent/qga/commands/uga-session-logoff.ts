import { int64, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaSessionLogoff = defineCommand({
  name: 'uga-session-logoff',
  since: 'uga 0.1',
  summary:
    'End a session, by default the one at the machine: its desktop is asked, and after `seconds` it is ended anyway.',
  worksWhere: 'in `uga system-agent`, with logind',
  testedBy: 'our agent with a played logind; a session of a guest with a desktop',
  args: object({ session: optional(string) }),
  result: struct('UgaSessionLogoff', {
    session: string,
    user: string,
    by: optional(string),
    why: optional(string),
    seconds: int64,
  }),
  errors: ['there is no such session of a user, or nobody is logged in', 'logind refuses, in its own words'],
  needs: ['sessionControl'],
  readOnly: false,

  async run({ session: id }, { sessionControl }) {
    const { session, by, why, seconds } = await sessionControl.logOff(id);
    return { session: session.id, user: session.user, by, why, seconds };
  },
});
