import { object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestSuspendDisk = defineCommand({
  name: 'guest-suspend-disk',
  since: '1.1',
  summary: 'Write the state of the guest to its disk and switch it off.',
  worksWhere: 'as root; a kernel that can sleep',
  testedBy: 'the state is on the disk when the machine restarts, as with qemu-ga; the error in a guest without swap',
  args: object({}),
  result: nothing,
  errors: ['the system cannot, or refuses, in its own words'],
  needs: ['sleep'],
  readOnly: false,
  silentOnSuccess: true,

  async run(_args, { sleep }) {
    await sleep.sleep('disk');
    return undefined;
  },
});
