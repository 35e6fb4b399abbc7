import { AgentError } from '#shared/errors.ts';
import { int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import type { Mount, Trimmer } from '../../mounts/mounts.ts';
import { defineCommand } from '../command.ts';

const trimResult = struct('GuestFilesystemTrimResult', {
  path: string,
  trimmed: optional(int64),
  minimum: optional(int64),
  error: optional(string),
});

export const guestFstrim = defineCommand({
  name: 'guest-fstrim',
  since: '1.2',
  summary: 'Give unused blocks of the mounted local file systems back to the host.',
  worksWhere: 'as root',
  testedBy: "what the host's file takes shrinks in a guest; answers as qemu-ga; `virsh domfstrim`",
  args: object({ minimum: optional(int64) }),
  result: struct('GuestFilesystemTrimResponse', { paths: listOf(trimResult) }),
  errors: ['the system does not tell its mounts'],
  needs: ['mounts', 'trimmer'],
  readOnly: false,

  async run({ minimum = 0n }, { mounts, trimmer }) {
    const paths = [];
    for (const mount of mounts.list()) paths.push(await trim(mount, minimum, trimmer));
    return { paths: paths.reverse() }; // the latest first, as hosts know it
  },
});

/** A file system that cannot is an entry of its own, not an error: the others have been trimmed. */
async function trim(mount: Mount, wanted: bigint, trimmer: Trimmer) {
  const path = mount.mountPoint;
  try {
    const { trimmed, minimum } = await trimmer.trim(mount, BigInt.asUintN(64, wanted));
    return { path, trimmed, minimum };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { path, error: error.message };
  }
}
