import type { DeviceNumber } from '../disks/disks.ts';
import type { Mount } from './mounts.ts';

/** ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE, where a dash ends the optional fields. */
const LINE = /^\d+ \d+ (\d+):(\d+) \S+ (\S+) .*? - (\S+) (\S+)/;

/**
 * File systems on block devices, from the text of /proc/self/mountinfo (proc(5)). Device numbers with major 0 are made up
 * by the kernel for those that have no device; btrfs has such a number too, because it can lie on several.
 *
 * A device that is mounted again elsewhere (a bind mount, a second subvolume) is the same file system, and is left out.
 *
 * @param text one character a byte (latin1): a path may hold any
 * @param deviceAt number of the device node at a path, undefined when there is none
 */
export function parseMountinfo(text: string, deviceAt: (node: string) => DeviceNumber | undefined): readonly Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [matched, major, minor, place = '', type = '', source = ''] = LINE.exec(line) ?? [];
    if (matched === undefined) continue;
    const device = major === '0' ? btrfsDevice(type, source, deviceAt) : { major: Number(major), minor: Number(minor) };
    if (device === undefined) continue;
    const key = `${device.major}:${device.minor}`;
    if (mounts.has(key)) continue;
    mounts.set(key, { ...placeOf(place), type, ...device });
  }
  return [...mounts.values()];
}

/**
 * Every file system that can be seen, from the same text. What lies below another at the same place cannot be reached.
 * @param text as of parseMountinfo
 */
export function parseAllMounts(text: string): readonly Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [matched, major, minor, place = '', type = ''] = LINE.exec(line) ?? [];
    if (matched === undefined) continue;
    mounts.delete(place);
    mounts.set(place, { ...placeOf(place), type, major: Number(major), minor: Number(minor) });
  }
  return [...mounts.values()];
}

function placeOf(place: string): Pick<Mount, 'mountPoint' | 'path'> {
  const path = Buffer.from(decodeOctal(place), 'latin1');
  return { mountPoint: path.toString('utf8'), path };
}

function btrfsDevice(type: string, source: string, deviceAt: (node: string) => DeviceNumber | undefined) {
  return type === 'btrfs' ? deviceAt(Buffer.from(decodeOctal(source), 'latin1').toString('utf8')) : undefined;
}

/** The kernel writes blanks, newlines and backslashes as three octal digits. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
