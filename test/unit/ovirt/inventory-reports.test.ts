import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatMessage, OvirtReader } from '#protocol/ovirt/message.ts';
import type { BlockDevice, DiskAddress } from '#system-agent/disks/disks.ts';
import type { FileSystemSize, Mount } from '#system-agent/mounts/mounts.ts';
import { bounded } from '#system-agent/ovirt/bounded.ts';
import type { OvirtOptions } from '#system-agent/ovirt/options.ts';
import type { Report } from '#system-agent/ovirt/report.ts';
import { applications } from '#system-agent/ovirt/reports/applications.ts';
import { containers } from '#system-agent/ovirt/reports/containers.ts';
import { disksUsage } from '#system-agent/ovirt/reports/disks-usage.ts';
import type { Package } from '#system-agent/packages/packages.ts';
import type { Platform } from '#system-agent/platform.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { checkMessage } from '#test/support/ovirt/required.ts';

/** What a host reads of a report, after the check against the table of types. */
async function told(report: Report, ports: Partial<Platform>, options: Partial<OvirtOptions> = {}) {
  const members = await report.collect({ ...fakePlatform(), ...ports }, { ...DEFAULT_OVIRT_OPTIONS, ...options });
  const [event] = new OvirtReader('guest').push(formatMessage(report.name, members));
  assert.ok(event?.kind === 'message');
  checkMessage(event.message);
  return event.message.members;
}

describe('applications', () => {
  const packages = (...list: Package[]) => ({ packages: { installed: async () => list } });
  const one = (name: string, version: string, ...provides: string[]): Package => ({ name, version, provides });
  const listed = async (...from: Parameters<typeof told> extends [unknown, ...infer R] ? R : never) =>
    (await told(applications, ...from)).get('applications');

  it('are the wanted ones, each version once, and what another provides under the name that was asked for', async () => {
    const installed = packages(
      one('kernel', '5.14.0-362.el9'),
      one('kernel', '5.14.0-284.el9'),
      one('cloud-init', '22.4.2-1'),
      one('cloud-init', '22.4.2-1'),
      one('linux-image-6.1.0-13-amd64', '6.1.55-1', 'linux-image', 'wireguard-modules'),
      one('vim', '2:9.0.1378-2'),
    );
    assert.deepEqual(await listed(installed), [
      'cloud-init-22.4.2-1',
      'kernel-5.14.0-284.el9',
      'kernel-5.14.0-362.el9',
      'linux-image-6.1.55-1',
      'ovirt-guest-agent-0.0.0-test',
    ]);
    assert.deepEqual(await listed(installed, { applications: ['vim'] }), [
      'vim-2:9.0.1378-2',
      'ovirt-guest-agent-0.0.0-test',
    ]);
  });

  it("end with ourselves, whatever the packages say of the original: Engine takes the last one's version", async () => {
    const installed = packages(one('uga', '0.1.0', 'ovirt-guest-agent'), one('ovirt-guest-agent-common', '1.0.16-3'));
    assert.deepEqual(await listed(installed), ['ovirt-guest-agent-0.0.0-test']);
  });

  it('of a list without end are cut with a word of it', async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `package-${index}`);
    const all = await listed(packages(...names.map((name) => one(name, '1'))), { applications: names });
    assert.ok(Array.isArray(all));
    assert.deepEqual(all.slice(-2), ['(904 more)', 'ovirt-guest-agent-0.0.0-test']);
    assert.equal(all.length, 4098);
  });
});

describe('disks-usage', () => {
  const mount = (mountPoint: string, type: string, major: number, minor: number): Mount => {
    return { mountPoint, path: Buffer.from(mountPoint), type, major, minor };
  };
  const size = (used: bigint, total: bigint): FileSystemSize => ({ used, total, privilegedTotal: total });
  function mounts(all: readonly (readonly [Mount, FileSystemSize | undefined])[]) {
    return {
      mounts: {
        ...fakePlatform().mounts,
        all: () => all.map(([one]) => one),
        sizeOf: async (asked: Mount) => all.find(([one]) => one === asked)?.[1],
      },
    };
  }
  const disks = async (...from: Parameters<typeof told> extends [unknown, ...infer R] ? R : never) =>
    (await told(disksUsage, ...from)).get('disks');
  const entry = (path: string, fs: string, total: bigint, used: bigint) =>
    new Map(Object.entries({ path, fs, total, used }));

  it('has file systems of every kind that nobody ignores, each once, in bytes', async () => {
    const all = mounts([
      [mount('/proc', 'proc', 0, 21), size(0n, 0n)],
      [mount('/', 'xfs', 253, 0), size(76_402_614_272n, 130_062_397_440n)],
      [mount('/run', 'tmpfs', 0, 24), size(1n, 2n)],
      [mount('/srv/with blank', 'nfs4', 0, 50), size(1n << 60n, 1n << 62n)],
      [mount('/again', 'xfs', 253, 0), size(7n, 7n)],
      [mount('/empty', 'fuse.x', 0, 51), size(0n, 0n)],
      [mount('/hangs', 'nfs', 0, 52), undefined],
    ]);
    const big = [
      entry('/', 'xfs', 130_062_397_440n, 76_402_614_272n),
      entry('/srv/with blank', 'nfs4', 1n << 62n, 1n << 60n),
    ];
    assert.deepEqual(await disks(all), big);
    assert.deepEqual(await disks(all, { ignoreEmptyFileSystems: false, ignoredFileSystems: ['proc', 'tmpfs'] }), [
      ...big,
      entry('/empty', 'fuse.x', 0n, 0n),
    ]);
    assert.deepEqual(await disks(all, { ignoredFileSystems: ['xfs', 'nfs4', 'proc'] }), [
      entry('/run', 'tmpfs', 2n, 1n),
    ]);
  });

  it('asks no more than a bound, and says how many it has left out', async () => {
    let asked = 0;
    const many = Array.from({ length: 1_000 }, (_, index) => mount(`/m${index}`, 'ext4', 8, index));
    const sizeOf = async () => {
      asked++;
      return size(1n, 2n);
    };
    const list = await disks({ mounts: { ...fakePlatform().mounts, all: () => many, sizeOf } });
    assert.ok(Array.isArray(list));
    assert.deepEqual([asked, list.length, list.at(-1)], [256, 257, entry('(744 more)', 'none', 0n, 0n)]);
  });

  it('names the disks by their serial, and neither partitions nor disks without one', async () => {
    const address = { serial: undefined } as unknown as DiskAddress;
    const device = (name: string, serial: string | undefined, partition = false): BlockDevice => ({
      name,
      partition,
      dependencies: undefined,
      address: { ...address, serial },
      alias: undefined,
    });
    const list = [
      device('/dev/sda1', '0QEMU_ab12', true),
      device('/dev/sda', '0QEMU_ab12'),
      device('/dev/vda', undefined),
      { ...device('/dev/dm-0', undefined), address: undefined },
      device('/dev/vdb', '__proto__'),
    ];
    const members = await told(disksUsage, { disks: { ...fakePlatform().disks, list: async () => list } });
    assert.deepEqual(
      members.get('mapping'),
      new Map([
        ['0QEMU_ab12', new Map([['name', '/dev/sda']])],
        ['__proto__', new Map([['name', '/dev/vdb']])],
      ]),
    );
  });
});

describe('containers', () => {
  it('have all five members, and a list without end is cut with a word of it', async () => {
    const list = (await told(containers, {})).get('list');
    const web = { id: '4c01db0b339c', names: ['/web'], image: 'nginx:1', command: 'nginx -g', status: 'Up 2 hours' };
    assert.deepEqual(list, [new Map(Object.entries(web))]);
    const many = Array.from({ length: 2_000 }, () => web);
    const cut = (await told(containers, { containers: { list: async () => many } })).get('list');
    assert.ok(Array.isArray(cut));
    assert.equal(cut.length, 1025);
    assert.deepEqual(
      cut.at(-1),
      new Map(Object.entries({ id: '', names: ['(976 more)'], image: '', command: '', status: '' })),
    );
  });
});

describe('a bounded list', () => {
  it('is the list while it fits', () => {
    assert.deepEqual(
      bounded(['a', 'b'], 2, (text) => text),
      ['a', 'b'],
    );
    assert.deepEqual(
      bounded(['a', 'b', 'c'], 2, (text) => text),
      ['a', 'b', '(1 more)'],
    );
  });

  it('is cut also where few items are long', () => {
    const cut = bounded(
      Array.from({ length: 50 }, () => 'ž'.repeat(4096)),
      100,
      (text) => text,
    );
    assert.equal(cut.at(-1), '(40 more)');
  });
});
