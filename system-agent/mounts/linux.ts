import { open } from 'node:fs/promises';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { readText } from '#shared/files.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { type Space, spaceAtOnce, spaceOf, trimFileSystem } from '#shared/native/file-system.ts';
import { watchMounts } from '#shared/native/mount-changes.ts';
import type { DeviceNumber } from '../disks/disks.ts';
import { blockDeviceAt } from './device-number.ts';
import { parseAllMounts, parseMountinfo } from './mountinfo.ts';
import type { FileSystemSize, Mount, Mounts, Trim, Trimmer } from './mounts.ts';

/** A file system answers from memory; one that needs longer than this is not asked while it hangs. */
const SIZE_LIMIT_MS = 1_000;
/**
 * These count their blocks in memory; others may read them from the disk, or ask a program. XFS of Linux 5.14 to 5.18
 * first waits for work of its own on the disk: xfs_fs_statfs of fs/xfs/xfs_super.c.
 */
const COUNT_IN_MEMORY: ReadonlySet<string> = new Set(['ext2', 'ext3', 'ext4']);
/** Hosts give up on a trim after ten minutes. */
const TRIM_LIMIT_MS = 600_000;
/** Each holds a thread. */
const MAX_HANGING = 2;
/** Somebody else's server or program answers for these, so they hang oftener, and must not keep the disks from being asked. */
const REMOTE = /^(nfs\d?|cifs|smb3|smbfs|ceph|afs|9p|virtiofs|glusterfs|lustre|beegfs|orangefs|fuse(\..+)?)$/;

export function linuxMounts(): Mounts {
  const local = new Patience(SIZE_LIMIT_MS, MAX_HANGING);
  const remote = new Patience(SIZE_LIMIT_MS, 1);
  return {
    list: () => parseMountinfo(readText('/proc/self/mountinfo', 'latin1'), blockDeviceAt),
    all: () => parseAllMounts(readText('/proc/self/mountinfo', 'latin1')),
    sizeOf: async (mount) =>
      sizeAtOnce(mount) ??
      (REMOTE.test(mount.type) ? remote : local).ask<FileSystemSize | undefined>(
        keyOf(mount),
        () => sizeOf(mount),
        () => undefined,
      ),
    onChange(listener) {
      const watch = watchMounts(listener);
      return { [Symbol.dispose]: () => watch.close() };
    },
  };
}

export function linuxTrimmer(): Trimmer {
  const patience = new Patience(TRIM_LIMIT_MS, 1);
  return {
    trim: (mount, minimum) =>
      patience.ask(
        keyOf(mount),
        () => trim(mount, minimum),
        () => {
          throw new AgentError('timeout', 'failed to trim: the file system or one before it is still busy with it');
        },
      ),
  };
}

const keyOf = ({ major, minor }: DeviceNumber) => `${major}:${minor}`;

function sizeAtOnce({ path, type, major, minor }: Mount): FileSystemSize | undefined {
  const space = COUNT_IN_MEMORY.has(type) ? spaceAtOnce(path, major, minor) : undefined;
  return space === undefined ? undefined : sizeIn(space);
}

function sizeIn({ unit, blocks, free, available }: Space): FileSystemSize {
  const used = blocks - free;
  return { used: used * unit, total: (used + available) * unit, privilegedTotal: blocks * unit };
}

async function sizeOf({ path }: Mount): Promise<FileSystemSize | undefined> {
  try {
    return sizeIn(await spaceOf(path));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function trim({ path }: Mount, minimum: bigint): Promise<Trim> {
  await using folder = await open(Buffer.from(path), 'r').catch((error: unknown) => {
    throw new AgentError('failed', `failed to open: ${systemErrorText(error)}`, { cause: error });
  });
  try {
    return await trimFileSystem(folder.fd, minimum);
  } catch (error) {
    const code = errnoOf(error);
    // ENOTTY: no file system that could, such as a CD-ROM's.
    if (code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'ENOTTY') {
      throw new AgentError('unsupported', 'trim not supported', { cause: error });
    }
    throw new AgentError('failed', `failed to trim: ${systemErrorText(error)}`, { cause: error });
  }
}
