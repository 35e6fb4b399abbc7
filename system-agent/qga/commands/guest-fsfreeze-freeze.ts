import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestFsfreezeFreeze = defineCommand({
  name: 'guest-fsfreeze-freeze',
  since: '0.15',
  summary: 'Stop writing to all local file systems until they are thawed, or the lease ends.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest with a writer under load',
  args: object({}),
  result: int64,
  errors: [
    'file systems are being frozen or thawed',
    'a file system or a hook failed, or it took too long; everything is thawed then',
  ],
  needs: ['freeze'],
  readOnly: false,
  run: (_args, { freeze }) => freeze.freeze(),
});
