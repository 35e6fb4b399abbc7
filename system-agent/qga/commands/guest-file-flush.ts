import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestFileFlush = defineCommand({
  name: 'guest-file-flush',
  since: '0.15',
  summary: 'Hand what is buffered to the operating system.',
  testedBy: 'same dialogues and files as with qemu-ga; in a guest as root',
  args: object({ handle: int64 }),
  result: nothing,
  errors: [
    'an unknown handle',
    'an earlier operation on the file that has not ended',
    'what was buffered could not be written',
  ],
  needs: ['files'],
  readOnly: false,

  async run({ handle }, { files }) {
    await files.flush(handle);
    return undefined;
  },
});
