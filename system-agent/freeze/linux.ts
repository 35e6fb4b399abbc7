import {
  closeSync,
  constants,
  existsSync,
  fstat,
  mkdirSync,
  open,
  openSync,
  renameSync,
  rmSync,
  stat,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { readSmallFile, readText } from '#shared/files.ts';
import { Patience } from '#shared/lifecycle/patience.ts';
import type { Log } from '#shared/log/log.ts';
import { systemErrorText } from '#shared/native/errno.ts';
import { freezeFileSystem, thawFileSystem } from '#shared/native/file-system.ts';
import { listFolder, readLink, readSmallText } from '#shared/native/small-files.ts';
import type { DeviceNumber } from '../disks/disks.ts';
import { blockDeviceAt, deviceNumber } from '../mounts/device-number.ts';
import type { GuardPlace } from './guard/place.ts';
import { startGuard } from './guard/start.ts';
import { parseMountEntries } from './mount-entries.ts';
import { type FileSystem, type Plan, planFreeze } from './plan.ts';
import { formatRecord, parseRecord, RECORD_NAME } from './record.ts';
import type { FreezeSystem } from './system.ts';

/** Of a tmpfs; beside the sockets of the agent. */
const RUN_FOLDER = '/run/uga';
const ORIGINAL_NAME = 'qga.state.isfrozen';
/** qemu-ga's, as Debian builds it. */
const ORIGINAL_FOLDER = '/run';
/** The others are thawed behind one whose disk does not answer, as the guard does it too. */
const CALL_LIMIT_MS = 5_000;
/** Each holds a thread. */
const MAX_HANGING = 3;
/** A file system that is frozen more often than this is somebody else's problem. */
const MAX_DEPTH = 64;
/** Loop devices on partitions on device mappers on loop devices. */
const MAX_LAYERS = 8;
const MAX_SLAVES = 64;

export function linuxFreezeSystem(guard: GuardPlace, stateFolder: string, log: Log): FreezeSystem {
  const record = path.join(RUN_FOLDER, RECORD_NAME);
  const calls = new Patience(CALL_LIMIT_MS, MAX_HANGING);
  let count = 0;
  const originals = [path.join(stateFolder, ORIGINAL_NAME), path.join(ORIGINAL_FOLDER, ORIGINAL_NAME)];
  return {
    plan: planNow,
    open(fileSystem) {
      const asked = { givenUp: false };
      const tooLate = () => {
        asked.givenUp = true;
        const text = fileSystem.mountPoints[0]?.text;
        throw new AgentError('timeout', `failed to open ${text}: the file system, or one before it, does not answer`);
      };
      return calls.ask(`${++count}`, () => openFileSystem(fileSystem, asked), tooLate);
    },
    close: closeSync,
    freeze,
    thaw(fd) {
      const asked = { givenUp: false };
      const tooLate = () => {
        asked.givenUp = true;
        return false;
      };
      return calls.ask(`${++count}`, () => thaw(fd, asked), tooLate);
    },
    startGuard: (events) => startGuard(guard, events),
    openRecordFolder() {
      mkdirSync(RUN_FOLDER, { recursive: true, mode: 0o755 });
      return openSync(RUN_FOLDER, constants.O_RDONLY | constants.O_DIRECTORY);
    },
    readRecord() {
      const bytes = readSmallFile(record);
      return bytes && parseRecord(bytes.toString('utf8'));
    },
    writeRecord(content) {
      try {
        if (content === undefined) return rmSync(record, { force: true });
        writeFileSync(`${record}.new`, formatRecord(content), { mode: 0o600 });
        renameSync(`${record}.new`, record);
      } catch (error) {
        log.error('the record of the freeze cannot be written', { error });
      }
    },
    isOtherAgent: (pid) =>
      pid > 0 && pid !== process.pid && readLink(`/proc/${pid}/exe`) === readLink('/proc/self/exe'),
    original: {
      exists: () => originals.some((file) => existsSync(file)),
      remove: () => {
        for (const file of originals) rmSync(file, { force: true });
      },
    },
    now: () => performance.now(),
  };
}

function planNow(): Plan {
  const entries = parseMountEntries(readText('/proc/self/mountinfo', 'latin1'));
  return planFreeze(entries, { deviceAt: blockDeviceAt, filesBelow: (device) => filesBelow(sysfsOf(device), 0) });
}

const sysfsOf = ({ major, minor }: DeviceNumber) => `/sys/dev/block/${major}:${minor}`;

/** Source: Documentation/ABI/stable/sysfs-block and testing/sysfs-block-loop of Linux. */
function filesBelow(device: string, layer: number): readonly string[] {
  const file = readSmallText(`${device}/loop/backing_file`);
  if (file !== undefined) return [file.replace(/\n$/, '')];
  if (layer === MAX_LAYERS) return [];
  // The kernel follows the link before it goes up, to the disk of this partition.
  if (readSmallText(`${device}/partition`) !== undefined) return filesBelow(`${device}/..`, layer + 1);
  const slaves = listFolder(`${device}/slaves`, MAX_SLAVES) ?? [];
  return slaves.flatMap(({ name }) => filesBelow(`${device}/slaves/${name}`, layer + 1));
}

const opened = promisify(open);
const statusAt = promisify(stat);
const statusOf = promisify(fstat);

/** By the first of its mount points that shows it: other mounts can lie above. On threads: the way may lead over a dead server. */
async function openFileSystem(
  { device, type, mountPoints }: FileSystem,
  asked: { readonly givenUp: boolean },
): Promise<number | undefined> {
  for (const { path: place, text } of mountPoints) {
    const mountPoint = Buffer.from(place);
    try {
      const found = await statusAt(mountPoint);
      if (!found.isDirectory() && !found.isFile()) continue; // a bound device node is opened by nobody for its file system
      const fd = await opened(mountPoint, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      // Each subvolume of btrfs has a number of its own.
      const isIt = type === 'btrfs' || (await isOn(fd, device).catch(() => false));
      if (isIt && !asked.givenUp) return fd;
      closeSync(fd);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw new AgentError('failed', `failed to open ${text}: ${systemErrorText(error)}`, { cause: error });
    }
  }
  return undefined;
}

async function isOn(fd: number, { major, minor }: DeviceNumber): Promise<boolean> {
  const shown = deviceNumber((await statusOf(fd)).dev);
  return shown.major === major && shown.minor === minor;
}

/** As qemu-ga does, what is frozen by somebody else already is no failure. */
async function freeze(fd: number): Promise<boolean> {
  try {
    await freezeFileSystem(fd);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'EBUSY') return false;
    throw error;
  }
}

/** @param asked once it is given up, the number of the descriptor may be another's */
async function thaw(fd: number, asked: { readonly givenUp: boolean }): Promise<boolean> {
  for (let depth = 0; depth < MAX_DEPTH && !asked.givenUp; depth++) {
    try {
      await thawFileSystem(fd);
    } catch {
      return depth > 0; // EINVAL: it is not frozen, or no more
    }
  }
  return true;
}
