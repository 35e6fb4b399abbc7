import { int64, object } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestFileClose = defineCommand({
  name: 'guest-file-close',
  since: '0.15',
  summary: 'Write what is buffered and close a file.',
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
    await files.close(handle);
    return undefined;
  },
});
