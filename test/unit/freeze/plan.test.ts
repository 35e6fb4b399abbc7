import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMountEntries } from '#system-agent/freeze/mount-entries.ts';
import { chooseFrom, type PlanFacts, planFreeze } from '#system-agent/freeze/plan.ts';

const ROOT = '27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw';
const DATA = '33 27 8:2 / /data rw shared:2 master:3 - xfs /dev/sda2 rw,attr2';

function plan(lines: readonly string[], files: Record<string, string> = {}) {
  const facts: PlanFacts = {
    deviceAt: (node) => (node === '/dev/vdb' ? { major: 254, minor: 16 } : undefined),
    filesBelow: ({ major, minor }) => {
      const file = files[`${major}:${minor}`];
      return file === undefined ? [] : [file];
    },
  };
  return planFreeze(parseMountEntries(lines.join('\n')), facts);
}

const order = (lines: readonly string[], files?: Record<string, string>) =>
  plan(lines, files).fileSystems.map(({ mountPoints }) => mountPoints[0]?.text);

describe('the plan of a freeze', () => {
  it('has writable file systems on block devices, the latest mount first', () => {
    assert.deepEqual(order([ROOT, DATA]), ['/data', '/']);
  });

  it('says why it leaves out all others', () => {
    const { fileSystems, leftOut } = plan([
      '22 27 0:21 / /proc rw,relatime - proc proc rw',
      '30 27 0:40 / /srv rw - nfs4 server:/srv rw,vers=4.2',
      '31 27 0:41 / /mnt/host rw - fuse.sshfs host: rw',
      '32 27 8:3 / /mnt/windows rw - fuseblk /dev/sda3 rw',
      '33 27 0:42 / /merged rw - overlay overlay rw',
      '34 27 8:4 / /opt ro - ext4 /dev/sda4 ro',
    ]);
    assert.deepEqual(fileSystems, []);
    assert.deepEqual(
      leftOut.map(({ mountPoint, reason }) => `${mountPoint}: ${reason}`),
      [
        '/proc: it lies on no block device',
        '/srv: it belongs to another machine',
        '/mnt/host: a program of this guest serves it',
        '/mnt/windows: a program of this guest serves it',
        '/merged: its files lie in file systems that are frozen themselves',
        '/opt: nobody can write to it',
      ],
    );
  });

  it('has a file system once, with all its mount points; a read-only mount of a writable one is no reason', () => {
    const { fileSystems } = plan([ROOT, '60 27 254:1 /var /srv/var ro - ext4 /dev/vda1 rw', DATA]);
    assert.deepEqual(
      fileSystems.map(({ mountPoints }) => mountPoints.map(({ text }) => text)),
      [['/data'], ['/', '/srv/var']],
    );
  });

  it('has subvolumes of btrfs once, under the number of their device', () => {
    const lines = [
      '40 27 0:50 /@ /a rw - btrfs /dev/vdb rw,subvol=/@',
      '41 27 0:50 /@home /home rw - btrfs /dev/vdb rw,subvol=/@home',
    ];
    assert.deepEqual(
      plan(lines).fileSystems.map(({ device, mountPoints }) => [device, mountPoints.length]),
      [[{ major: 254, minor: 16 }, 2]],
    );
  });

  it('freezes what lies in a file before the file system that holds it, whatever was mounted first', () => {
    const inner = '50 27 7:0 / /inner rw - ext4 /dev/loop0 rw';
    const innermost = '51 27 7:1 / /innermost rw - ext4 /dev/loop1 rw';
    const files = { '7:0': '/data/images/disk', '7:1': '/inner/disk' };
    assert.deepEqual(order([ROOT, inner, innermost, DATA], files), ['/innermost', '/inner', '/data', '/']);
    assert.deepEqual(order([ROOT, innermost, DATA, inner], files), ['/innermost', '/inner', '/data', '/']);
  });

  it('ends also when files seem to lie in each other', () => {
    const lines = ['50 27 7:0 / /a rw - ext4 /dev/loop0 rw', '51 27 7:1 / /b rw - ext4 /dev/loop1 rw'];
    assert.deepEqual(order(lines, { '7:0': '/b/disk', '7:1': '/a/disk' }).sort(), ['/a', '/b']);
  });

  it('takes folders by whole names', () => {
    const lines = [ROOT, '50 27 8:5 / /da rw - ext4 /dev/sda5 rw', '51 27 7:0 / /x rw - ext4 /dev/loop0 rw', DATA];
    assert.deepEqual(order(lines, { '7:0': '/data/disk' }), ['/x', '/data', '/da', '/']);
  });

  it('is chosen from by exact mount points', () => {
    const whole = plan([
      ROOT,
      '60 27 254:1 /var /srv/var rw - ext4 /dev/vda1 rw',
      '33 27 8:2 / /my\\040data rw - xfs x rw',
    ]);
    const chosen = (...names: string[]) => chooseFrom(whole, names).map(({ mountPoints }) => mountPoints[0]?.text);
    assert.deepEqual(chosen('/my data'), ['/my data']);
    assert.deepEqual(chosen('/srv/var', '/nowhere'), ['/']);
    assert.deepEqual(chosen('/my data/'), []);
    assert.deepEqual(chosen(), []);
  });
});
