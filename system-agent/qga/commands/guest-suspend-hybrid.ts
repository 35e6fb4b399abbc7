import { object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestSuspendHybrid = defineCommand({
  name: 'guest-suspend-hybrid',
  since: '1.1',
  summary: 'Let the guest sleep in memory with a copy of its state on disk.',
  worksWhere: 'as root; a kernel that can sleep',
  testedBy: 'the machine sleeps, wakes and answers, as with qemu-ga; the error in a guest without swap',
  args: object({}),
  result: nothing,
  errors: ['the system cannot, or refuses, in its own words'],
  needs: ['sleep'],
  readOnly: false,
  silentOnSuccess: true,

  async run(_args, { sleep }) {
    await sleep.sleep('hybrid');
    return undefined;
  },
});
