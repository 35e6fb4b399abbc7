import { Base64 } from '#shared/json/value.ts';
import { boolean, int64, object, optional, string, struct } from '#shared/schema/schema.ts';
import type { Output } from '../../exec/exec.ts';
import { defineCommand } from '../command.ts';

const execStatus = struct('GuestExecStatus', {
  exited: boolean,
  exitcode: optional(int64),
  signal: optional(int64),
  'out-data': optional(string),
  'err-data': optional(string),
  'out-truncated': optional(boolean),
  'err-truncated': optional(boolean),
});

export const guestExecStatus = defineCommand({
  name: 'guest-exec-status',
  since: '2.5',
  summary: 'How a program of guest-exec ended and what it wrote; told once, when it has ended.',
  testedBy: 'same dialogues as with qemu-ga; in a guest as root',
  args: object({ pid: int64 }),
  result: execStatus,
  errors: ['no such program, or its ending has been told'],
  needs: ['exec'],
  readOnly: false,

  run({ pid }, { exec }) {
    const ending = exec.poll(pid);
    if (ending === undefined) return { exited: false };
    const { exitCode, signal, stdout, stderr } = ending;
    return {
      exited: true,
      exitcode: exitCode,
      signal,
      'out-data': dataOf(stdout),
      'err-data': dataOf(stderr),
      'out-truncated': stdout?.truncated,
      'err-truncated': stderr?.truncated,
    };
  },
});

function dataOf(output: Output | undefined): Base64 | undefined {
  return output === undefined ? undefined : new Base64(output.bytes);
}
