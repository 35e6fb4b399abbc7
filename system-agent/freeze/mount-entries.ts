import type { DeviceNumber } from '../disks/disks.ts';
import type { MountPoint } from './plan.ts';

/** One line of the list of mounts. */
export interface MountEntry {
  /** Of the superblock; major 0 where the kernel made it up. */
  readonly device: DeviceNumber;
  readonly mountPoint: MountPoint;
  readonly type: string;
  readonly source: string;
  /** The whole file system, not only this mount of it. */
  readonly isReadOnly: boolean;
}

/** ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS, where a dash ends the fields. */
const LINE = /^\d+ \d+ (\d+):(\d+) \S+ (\S+) .*? - (\S+) (\S*) (\S+)$/;

/**
 * Every mount, in the order in which they were made, from the text of /proc/self/mountinfo (proc(5)).
 * @param text one character a byte (latin1): a path may hold any
 */
export function parseMountEntries(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [matched, major, minor, place = '', type = '', source = '', options = ''] = LINE.exec(line) ?? [];
    if (matched === undefined) return [];
    const path = decodeOctal(place);
    return [
      {
        device: { major: Number(major), minor: Number(minor) },
        mountPoint: { text: path.toString('utf8'), path },
        type,
        source: decodeOctal(source).toString('utf8'),
        isReadOnly: options.split(',').includes('ro'),
      },
    ];
  });
}

/** The kernel writes blanks, newlines and backslashes as three octal digits. */
function decodeOctal(text: string): Buffer {
  const decoded = text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(decoded, 'latin1');
}
