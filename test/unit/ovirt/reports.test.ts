import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryLog } from '#shared/log/memory.ts';
import type { OperatingSystem } from '#system-agent/inventory/inventory.ts';
import type { Memory, MemorySample } from '#system-agent/memory/memory.ts';
import type { NetworkInterface } from '#system-agent/network/network.ts';
import type { Report } from '#system-agent/ovirt/report.ts';
import { activeUser } from '#system-agent/ovirt/reports/active-user.ts';
import { Heartbeat } from '#system-agent/ovirt/reports/heartbeat.ts';
import { networkInterfaces } from '#system-agent/ovirt/reports/network-interfaces.ts';
import { numberOfCpus } from '#system-agent/ovirt/reports/number-of-cpus.ts';
import { osInfo } from '#system-agent/ovirt/reports/os-info.ts';
import { osVersion } from '#system-agent/ovirt/reports/os-version.ts';
import { timezone } from '#system-agent/ovirt/reports/timezone.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { ToldConsole } from '#test/support/ovirt/rig.ts';

const collect = (report: Report, ports = fakePlatform()) => report.collect(ports, DEFAULT_OVIRT_OPTIONS);

describe('heartbeat', () => {
  const start: MemorySample = fakePlatform().memory.sample();

  function beats(): { beat: (version: number) => unknown; sample: MemorySample; atMs: number } {
    const state = { sample: start, atMs: 1_000, beat: (version: number) => heartbeat.members(version) as unknown };
    const heartbeat = new Heartbeat({ sample: () => state.sample }, () => state.atMs, new MemoryLog());
    return state;
  }

  it('has the memory in MiB as text and in KiB as numbers, and no rates at first', () => {
    assert.deepEqual(beats().beat(0), {
      'free-ram': '1562',
      'memory-stat': {
        mem_total: 4_000_000,
        mem_unused: 1_000_000,
        mem_free: 1_600_000,
        mem_buffers: 100_000,
        mem_cached: 500_000,
        swap_total: 2_000_000,
        swap_usage: 500_000,
        swap_in: 0,
        swap_out: 0,
        pageflt: 0,
        majflt: 0,
      },
      apiVersion: 0,
    });
  });

  it('tells counters as whole numbers a second, over the time that has really passed', () => {
    const state = beats();
    state.beat(0);
    state.sample = {
      ...start,
      pagesSwappedIn: start.pagesSwappedIn + 99,
      pagesSwappedOut: start.pagesSwappedOut + 8,
      pageFaults: start.pageFaults + 80_000,
      majorPageFaults: start.majorPageFaults - 1,
    };
    state.atMs += 8_000;
    const { 'memory-stat': rates } = state.beat(3) as Record<string, Record<string, number>>;
    assert.deepEqual(
      ['swap_in', 'swap_out', 'pageflt', 'majflt'].map((name) => rates?.[name]),
      [12, 1, 10_000, 0],
    );
  });

  it('goes on without the memory, and the log says so once', () => {
    const log = new MemoryLog();
    const memory: Memory = {
      sample() {
        throw new Error('no /proc');
      },
    };
    const heartbeat = new Heartbeat(memory, () => 0, log);
    for (let count = 0; count < 3; count++) {
      assert.deepEqual(heartbeat.members(3), { 'free-ram': '0', apiVersion: 3 });
    }
    assert.deepEqual(new Heartbeat(undefined, () => 0, log).members(0), { 'free-ram': '0', apiVersion: 0 });
    assert.equal(log.lines.length, 1);
  });
});

describe('network-interfaces', () => {
  const card: NetworkInterface = {
    name: 'eth0',
    hardwareAddress: '52:54:00:5b:3f:e1',
    up: true,
    loopback: false,
    addresses: [
      { family: 'ipv4', address: '10.0.0.5', prefix: 24 },
      { family: 'ipv6', address: 'fe80::1', prefix: 64 },
      { family: 'ipv4', address: '10.0.0.6', prefix: 24 },
    ],
  };
  const report = (...list: readonly NetworkInterface[]) => {
    const platform = fakePlatform();
    return collect(networkInterfaces, { ...platform, network: { ...platform.network, interfaces: () => list } });
  };

  it('has all addresses, without prefix, of what is up and leads out of the guest', () => {
    const others = [
      { ...card, name: 'lo', loopback: true },
      { ...card, name: 'eth1', up: false },
      { ...card, name: 'docker0' },
    ];
    assert.deepEqual(report(...others, card), {
      interfaces: [{ name: 'eth0', hw: card.hardwareAddress, inet: ['10.0.0.5', '10.0.0.6'], inet6: ['fe80::1'] }],
    });
  });

  it('has all four members of an interface without addresses or hardware', () => {
    assert.deepEqual(report({ name: 'tun0', up: true, loopback: false, addresses: [] }), {
      interfaces: [{ name: 'tun0', hw: '', inet: [], inet6: [] }],
    });
  });

  it('counts an address with a label to its interface', () => {
    const labelled: NetworkInterface = {
      ...card,
      name: 'eth0:web',
      addresses: [{ family: 'ipv4', address: '10.0.0.9', prefix: 24 }],
    };
    assert.deepEqual(report({ ...card, addresses: [] }, labelled), {
      interfaces: [{ name: 'eth0', hw: card.hardwareAddress, inet: ['10.0.0.9'], inet6: [] }],
    });
  });

  it('stays below what a line may hold, however many there are', () => {
    const addresses = Array.from({ length: 1000 }, () => ({
      family: 'ipv6' as const,
      address: 'fd00:1111:2222:3333:4444:5555:6666:7777',
      prefix: 64,
    }));
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...card, name: `veth${index}`, addresses }));
    assert.ok(JSON.stringify(report(...many)).length < 1024 * 1024 - 100);
  });
});

describe('os-info and os-version', () => {
  const kernel = { kernelRelease: '5.14.0-362.el9.x86_64', kernelVersion: '#1', machine: 'x86_64' };
  const info = (system: Partial<OperatingSystem>) => {
    const platform = fakePlatform();
    const inventory = { ...platform.inventory, operatingSystem: () => ({ ...kernel, ...system }) };
    return collect(osInfo, { ...platform, inventory }) as Record<string, string>;
  };

  it("has what ovirt-guest-agent's golden line has", () => {
    assert.deepEqual(info({ name: 'Red Hat Enterprise Linux', versionId: '9.3', version: '9.3 (Plow)' }), {
      version: '9.3',
      distribution: 'Red Hat Enterprise Linux',
      codename: 'Plow',
      arch: 'x86_64',
      type: 'linux',
      kernel: '5.14.0-362.el9.x86_64',
    });
  });

  it('takes the code name of os-release before the one in brackets, or none', () => {
    assert.equal(info({ versionCodename: 'bookworm', version: '12 (other)' }).codename, 'bookworm');
    assert.equal(info({ version: '12' }).codename, '');
    assert.equal(info({}).codename, '');
  });

  it('has a version where the system has none', () => {
    assert.equal(info({ buildId: '20260101' }).version, '20260101');
    assert.equal(info({}).version, 'rolling');
    assert.equal(info({ versionId: '' }).version, 'rolling');
    assert.equal(info({}).distribution, 'Linux');
  });

  it("calls machines by ovirt-engine's names", () => {
    for (const machine of ['i386', 'i586', 'i686']) assert.equal(info({ machine }).arch, 'x86');
    for (const machine of ['ppc64le', 's390x', 'aarch64']) assert.equal(info({ machine }).arch, machine);
  });

  it("os-version is the kernel's release", () => assert.deepEqual(collect(osVersion), { version: '6.1' }));
});

describe('timezone and number-of-cpus', () => {
  it('are minutes east, and a count', () => {
    assert.deepEqual(collect(timezone), { zone: 'America/St_Johns', offset: -210 });
    assert.deepEqual(collect(numberOfCpus), { count: 4 });
  });
});

describe('active-user', () => {
  it('is the name among the words, and None for nobody, or for nothing known yet', () => {
    const told = new ToldConsole();
    const user = () => activeUser.collect({ console: told }, DEFAULT_OVIRT_OPTIONS);
    assert.deepEqual(user(), { name: 'None' });
    told.tell('alice', true);
    assert.deepEqual(user(), { name: 'alice' });
    told.tell('');
    assert.deepEqual(user(), { name: 'None' });
  });
});
