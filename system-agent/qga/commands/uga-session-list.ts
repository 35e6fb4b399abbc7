import { boolean, int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const session = struct('UgaSession', {
  id: string,
  uid: int64,
  user: string,
  class: string,
  type: string,
  seat: optional(string),
  state: string,
  active: boolean,
  locked: boolean,
  served: boolean,
  agent: boolean,
});

export const ugaSessionList = defineCommand({
  name: 'uga-session-list',
  since: 'uga 0.1',
  summary:
    "Login sessions, with logind's words; `served`: the desktop that SPICE reaches, `agent`: it has a session agent.",
  worksWhere: 'in `uga system-agent`',
  testedBy: 'our agent with a played logind; the sessions of a guest with a desktop',
  args: object({}),
  result: listOf(session),
  needs: ['sessionControl'],
  readOnly: true,
  run: (_args, { sessionControl }) =>
    sessionControl
      .list()
      .map(({ id, uid, user, class: kind, type, seat, state, active, locked, served, hasAgent }) => ({
        ...{ id, uid, user, class: kind, type, seat, state, active, locked, served, agent: hasAgent },
      })),
});
