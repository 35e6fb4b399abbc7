import { object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestSuspendRam = defineCommand({
  name: 'guest-suspend-ram',
  since: '1.1',
  summary: 'Let the guest sleep with its state in memory.',
  worksWhere: 'as root; a kernel that can sleep',
  testedBy: 'the machine sleeps, wakes and answers, as with qemu-ga; `virsh dompmsuspend`',
  args: object({}),
  result: nothing,
  errors: ['the system cannot, or refuses, in its own words'],
  needs: ['sleep'],
  readOnly: false,
  silentOnSuccess: true,

  async run(_args, { sleep }) {
    await sleep.sleep('ram');
    return undefined;
  },
});
