import { enumeration, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestFsfreezeStatus = defineCommand({
  name: 'guest-fsfreeze-status',
  since: '0.15',
  summary: 'Whether the agent holds file systems frozen.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({}),
  result: enumeration('GuestFsfreezeStatus', ['thawed', 'frozen']),
  needs: ['freeze'],
  readOnly: true,
  run: (_args, { freeze }) => (freeze.phase === 'thawed' ? 'thawed' : 'frozen'),
});
