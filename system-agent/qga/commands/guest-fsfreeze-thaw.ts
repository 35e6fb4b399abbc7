import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestFsfreezeThaw = defineCommand({
  name: 'guest-fsfreeze-thaw',
  since: '0.15',
  summary: 'Write again. An error, once, if the guest had to thaw by itself before.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({}),
  result: int64,
  errors: ['the guest had thawed by itself before, told once', 'a hook failed; everything is thawed then'],
  needs: ['freeze'],
  readOnly: false,
  run: (_args, { freeze }) => freeze.thaw(),
});
