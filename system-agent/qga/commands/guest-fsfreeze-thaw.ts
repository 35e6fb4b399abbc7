import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestFsfreezeThaw = defineCommand({
  name: 'guest-fsfreeze-thaw',
  since: '0.15',
  summary: 'Write again. An error, once, if the guest had to thaw by itself before.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({}),
  needs: ['freeze'],
  readOnly: false,
  run: (_args, { freeze }) => freeze.thaw(),
});
