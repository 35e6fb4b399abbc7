import { array, int64, object, optional, string } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

/** More than can be frozen at once. */
const MAX_MOUNT_POINTS = 4096;

export const guestFsfreezeFreezeList = defineCommand({
  name: 'guest-fsfreeze-freeze-list',
  since: '2.2',
  summary: 'The same for the file systems at some mount points; names that are no mount point are ignored.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({ mountpoints: optional(array(string, MAX_MOUNT_POINTS)) }),
  result: int64,
  errors: [
    'file systems are being frozen or thawed',
    'a file system or a hook failed, or it took too long; everything is thawed then',
  ],
  needs: ['freeze'],
  readOnly: false,
  run: ({ mountpoints }, { freeze }) => freeze.freeze(mountpoints),
});
