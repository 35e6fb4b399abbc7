import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllMounts, parseMountinfo } from '#system-agent/mounts/mountinfo.ts';

const devices = new Map([['/dev/vdb', { major: 254, minor: 16 }]]);
const parse = (...lines: string[]) => parseMountinfo(lines.join('\n'), (node) => devices.get(node));
const points = (...lines: string[]) => parse(...lines).map(({ mountPoint, type }) => `${type} ${mountPoint}`);

describe('the list of mounts', () => {
  it('has what lies on a device, in order', () => {
    const lines = [
      '22 27 0:21 / /proc rw,relatime - proc proc rw',
      '27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
      '30 27 0:40 / /srv rw - nfs4 server:/srv rw,vers=4.2',
      '31 27 0:41 / /mnt/host rw - fuse.sshfs host: rw',
      '32 27 0:42 / / rw - overlay overlay rw',
      '33 27 8:2 / /data rw shared:2 master:3 propagate_from:4 unbindable - xfs /dev/sda2 rw,attr2',
    ];
    assert.deepEqual(points(...lines), ['ext4 /', 'xfs /data']);
  });

  it('has btrfs under the number of its device', () => {
    const lines = [
      '40 27 0:50 /@ / rw - btrfs /dev/vdb rw,subvol=/@',
      '41 27 0:50 /@home /home rw - btrfs /dev/vdb rw,subvol=/@home',
      '42 27 0:51 / /lost rw - btrfs /dev/gone rw',
    ];
    assert.deepEqual(
      parse(...lines).map(({ mountPoint, major, minor }) => [mountPoint, major, minor]),
      [['/', 254, 16]],
    );
  });

  it('has each file system once, where it was mounted first', () => {
    const bound = [
      '27 1 8:1 / / rw - ext4 /dev/sda1 rw',
      '60 27 8:1 /var /srv/var rw - ext4 /dev/sda1 rw',
      '61 27 8:2 / /data rw - ext4 /dev/sda2 rw',
    ];
    assert.deepEqual(points(...bound), ['ext4 /', 'ext4 /data']);
  });

  it('takes any byte of a path', () => {
    const line = '61 27 8:2 / /a\\040b\\134c\\012d\\011\u00c3\u00a9\u00ff rw - vfat /dev/sda2 rw';
    const [mount = assert.fail()] = parse(line);
    assert.equal(mount.mountPoint, '/a b\\c\nd\té\ufffd');
    assert.deepEqual(Buffer.from(mount.path), Buffer.from('/a b\\c\nd\t\u00c3\u00a9\u00ff', 'latin1'));
  });

  it('has no line that is broken', () => {
    assert.deepEqual(
      points('', 'nonsense', '61 27 8:2 / /x rw', '61 27 x:2 / /x rw - ext4 /dev/x rw', '61 27 8:2 / /x rw -'),
      [],
    );
  });

  it('a hundred thousand mounts of a hundred devices are a hundred entries', () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `${index} 1 8:${index % 100} / /m${index} rw - ext4 /dev/x rw`,
    );
    assert.equal(parse(...lines).length, 100);
  });
});

describe('the list of all mounts', () => {
  it('has every file system, with the number that the kernel gave it, and at one place the one on top', () => {
    const lines = [
      '22 27 0:21 / /proc rw,relatime - proc proc rw',
      '27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
      '28 27 254:1 /var /srv rw - ext4 /dev/vda1 rw',
      '30 27 0:40 / /srv rw - nfs4 server:/srv rw,vers=4.2',
      '31 27 0:41 / /a\\040b rw - fuse.sshfs host: rw',
      'nonsense',
    ];
    assert.deepEqual(
      parseAllMounts(lines.join('\n')).map(({ mountPoint, type, major, minor }) => [mountPoint, type, major, minor]),
      [
        ['/proc', 'proc', 0, 21],
        ['/', 'ext4', 254, 1],
        ['/srv', 'nfs4', 0, 40],
        ['/a b', 'fuse.sshfs', 0, 41],
      ],
    );
  });
});
