import { AgentError } from '#shared/errors.ts';
import { alternate, boolean, enumeration, int64, object, struct } from '#shared/schema/schema.ts';
import type { Whence } from '../../files/files.ts';
import { defineCommand } from '../command.ts';

/** The numbers are those of the protocol, on every system: QEMU's QGASeek. */
const BY_NUMBER: ReadonlyMap<bigint, Whence> = new Map([
  [0n, 'set'],
  [1n, 'cur'],
  [2n, 'end'],
]);

export const guestFileSeek = defineCommand({
  name: 'guest-file-seek',
  since: '0.15',
  summary: 'Move the position of an open file; the answer is where it is then.',
  testedBy: 'same dialogues and files as with qemu-ga; in a guest as root',
  args: object({
    handle: int64,
    offset: int64,
    whence: alternate<Whence | bigint>('GuestFileWhence', {
      integer: int64,
      string: enumeration('QGASeek', ['set', 'cur', 'end']),
    }),
  }),
  result: struct('GuestFileSeek', { position: int64, eof: boolean }),
  errors: [
    'an unknown handle',
    'an earlier operation on the file that has not ended',
    'an unknown whence',
    'a position before the beginning',
  ],
  needs: ['files'],
  readOnly: false,

  async run({ handle, offset, whence: given }, { files }) {
    files.check(handle);
    const whence = typeof given === 'bigint' ? BY_NUMBER.get(given) : given;
    if (whence === undefined) throw new AgentError('invalid-argument', `invalid whence code ${given}`);
    return { position: await files.seek(handle, offset, whence), eof: false };
  },
});
