import { AgentError } from '#shared/errors.ts';
import { Base64 } from '#shared/json/value.ts';
import { boolean, int64, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const DEFAULT_COUNT = 4096n;
/** 48 MiB. Source: QEMU qga/commands-common.h. */
const MAX_COUNT = 48n * 1024n * 1024n;

export const guestFileRead = defineCommand({
  name: 'guest-file-read',
  since: '0.15',
  summary: 'Read up to 48 MiB of an open file, 4096 bytes by default.',
  testedBy: 'same dialogues and files as with qemu-ga; in a guest as root',
  args: object({ handle: int64, count: optional(int64) }),
  result: struct('GuestFileRead', { count: int64, 'buf-b64': string, eof: boolean }),
  errors: [
    'an unknown handle',
    'an earlier operation on the file that has not ended',
    'a count that is negative or above 48 MiB',
    'the system refuses to read',
  ],
  needs: ['files'],
  readOnly: false,

  async run({ handle, count = DEFAULT_COUNT }, { files }) {
    files.check(handle);
    if (count < 0n || count > MAX_COUNT) {
      throw new AgentError('invalid-argument', `value '${count}' is invalid for argument count`);
    }
    const { bytes, eof, release } = await files.read(handle, Number(count));
    return { count: bytes.length, 'buf-b64': new Base64(bytes, release), eof };
  },
});
