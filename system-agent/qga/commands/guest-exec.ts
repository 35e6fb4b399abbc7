import { decodeBase64 } from '#protocol/qga/base64.ts';
import {
  alternate,
  array,
  boolean,
  enumeration,
  int64,
  object,
  optional,
  type Schema,
  string,
  struct,
} from '#shared/schema/schema.ts';
import type { Capture } from '../../exec/exec.ts';
import { defineCommand } from '../command.ts';

/** Of arguments or environment; the kernel takes some 2 MiB of both. */
const MAX_STRINGS = 65_536;

const captureOutput: Schema<Capture | boolean> = alternate<Capture | boolean>('GuestExecCaptureOutput', {
  boolean,
  string: enumeration('GuestExecCaptureOutputMode', ['none', 'stdout', 'stderr', 'separated', 'merged']),
});

export const guestExec = defineCommand({
  name: 'guest-exec',
  since: '2.5',
  summary: 'Start a program; guest-exec-status tells its ending and, if asked for, its output.',
  testedBy: 'same dialogues as with qemu-ga; in a guest as root',
  args: object({
    path: string,
    arg: optional(array(string, MAX_STRINGS)),
    env: optional(array(string, MAX_STRINGS)),
    'input-data': optional(string),
    'capture-output': optional(captureOutput),
  }),
  result: struct('GuestExec', { pid: int64 }),
  errors: ['no such program, or one that may not be started', 'input-data is not base64', 'too many programs run'],
  needs: ['exec'],
  readOnly: false,

  async run({ path, arg = [], env, 'input-data': input, 'capture-output': capture = false }, { exec }) {
    const pid = await exec.run({
      path,
      args: arg,
      environment: env,
      input: input === undefined ? undefined : decodeBase64(input),
      capture: typeof capture === 'string' ? capture : capture ? 'separated' : 'none',
    });
    return { pid };
  },
});
