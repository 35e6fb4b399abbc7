import { decodeBase64 } from '#protocol/qga/base64.ts';
import { AgentError } from '#shared/errors.ts';
import { base64, boolean, int64, object, optional, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestFileWrite = defineCommand({
  name: 'guest-file-write',
  since: '0.15',
  summary: 'Write to an open file; what is small may wait in a buffer until the next flush, seek or close.',
  testedBy: 'same dialogues and files as with qemu-ga; in a guest as root',
  args: object({ handle: int64, 'buf-b64': base64, count: optional(int64) }),
  result: struct('GuestFileWrite', { count: int64, eof: boolean }),
  errors: [
    'an unknown handle',
    'buf-b64 is not base64',
    'a count that is negative or above what was sent',
    'the system refuses to write',
  ],
  needs: ['files'],
  readOnly: false,

  async run({ handle, 'buf-b64': data, count }, { files }) {
    files.check(handle);
    const bytes = typeof data === 'string' ? decodeBase64(data) : data.bytes;
    if (count !== undefined && (count < 0n || count > bytes.length)) {
      throw new AgentError('invalid-argument', `value '${count}' is invalid for argument count`);
    }
    const wanted = count === undefined ? bytes : bytes.subarray(0, Number(count));
    await files.write(handle, wanted);
    if (typeof data !== 'string') data.release(); // not where it fails: a write that hangs may still be at work
    return { count: wanted.length, eof: false };
  },
});
