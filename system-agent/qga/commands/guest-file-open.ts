import { AgentError } from '#shared/errors.ts';
import { int64, object, optional, string } from '#shared/schema/schema.ts';
import { parseFileMode } from '../../files/mode.ts';
import { defineCommand } from '../command.ts';

export const guestFileOpen = defineCommand({
  name: 'guest-file-open',
  since: '0.15',
  summary: 'Open a file, with the modes of fopen(3); the answer is a handle for the other file commands.',
  testedBy: 'same dialogues and files as with qemu-ga; in a guest as root',
  args: object({ path: string, mode: optional(string) }),
  result: int64,
  errors: ['an unknown mode', 'the system refuses the file', 'too many files are open'],
  needs: ['files'],
  readOnly: false,

  run({ path, mode: name = 'r' }, { files }) {
    const mode = parseFileMode(name);
    if (mode === undefined) throw new AgentError('invalid-argument', `invalid file open mode '${name}'`);
    return files.open(path, mode);
  },
});
