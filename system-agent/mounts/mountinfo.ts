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
    const path = Buffer.from(decodeOctal(place), 'latin1');
    mounts.set(key, { mountPoint: path.toString('utf8'), path, type, ...device });
  }
  return [...mounts.values()];
}

function btrfsDevice(type: string, source: string, deviceAt: (node: string) => DeviceNumber | undefined) {
  return type === 'btrfs' ? deviceAt(Buffer.from(decodeOctal(source), 'latin1').toString('utf8')) : undefined;
}

/** The kernel writes blanks, newlines and backslashes as three octal digits. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
