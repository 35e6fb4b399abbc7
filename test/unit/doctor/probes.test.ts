import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { readClock } from '#system-agent/doctor/probes/clock.ts';
import { originalsAmong, readPackages } from '#system-agent/doctor/probes/originals.ts';
import { readPorts } from '#system-agent/doctor/probes/ports.ts';
import { findHolders, readProcesses } from '#system-agent/doctor/probes/processes.ts';
import { askLogind, askUnit } from '#system-agent/doctor/probes/services.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { temporaryFolder } from '#test/support/programs.ts';

function tree(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return Object.assign(folder, { at: (name: string) => path.join(folder.path, name) });
}

describe('the facts of uga doctor', () => {
  it('ports with and without names; none without the driver', () => {
    using sys = tree({ 'vport1p1/name': 'org.qemu.guest_agent.0\n', 'vport1p2/dev': '1:2\n' });
    assert.deepEqual(readPorts(sys.path), [
      { node: 'vport1p1', name: 'org.qemu.guest_agent.0' },
      { node: 'vport1p2', name: '' },
    ]);
    assert.equal(readPorts(sys.at('absent')), undefined);
  });

  it('who has a device open, once each', () => {
    using proc = tree({ '7/comm': 'qemu-ga\n', '8/comm': 'sh\n', meminfo: '', '7/fd/x': '', '8/fd/x': '' });
    for (const fd of ['3', '4']) symlinkSync('/dev/vport1p1', proc.at(`7/fd/${fd}`));
    const processes = readProcesses(proc.path);
    assert.deepEqual(
      processes.map(({ pid, name }) => [pid, name]),
      [
        [7, 'qemu-ga'],
        [8, 'sh'],
      ],
    );
    assert.deepEqual(findHolders(proc.path, ['vport1p1', 'vport1p2'], processes), {
      known: true,
      value: [
        { node: 'vport1p1', holders: [{ pid: 7, name: 'qemu-ga' }] },
        { node: 'vport1p2', holders: [] },
      ],
    });
    assert.deepEqual(originalsAmong(processes), [{ pid: 7, name: 'qemu-ga' }]);
  });

  it('packages that are installed, not those that were', () => {
    using dpkg = tree({
      status:
        'Package: spice-vdagent\nStatus: install ok installed\nVersion: 1\n\n' +
        'Package: qemu-guest-agent\nStatus: deinstall ok config-files\n\n' +
        'Package: ovirt-guest-agent-common\nStatus: install ok installed\n',
    });
    assert.deepEqual(readPackages(dpkg.at('status')), ['spice-vdagent']);
    assert.deepEqual(readPackages(dpkg.at('absent')), []);
  });

  it('the clocks; one that keeps local time says nothing', () => {
    using files = tree({ rtc: '1700000000\n', utc: '0 0 0\n0\nUTC\n', local: '0 0 0\n0\nLOCAL\n', program: '' });
    utimesSync(files.at('program'), 1000, 1000);
    const read = (adjtime: string) => readClock(files.at('rtc'), files.at(adjtime), files.at('program'));
    assert.deepEqual([read('utc').hardware, read('utc').built], [1_700_000_000, 1000]);
    assert.equal(read('local').hardware, undefined);
    assert.equal(readClock(files.at('x'), files.at('x'), files.at('x')).built, undefined);
  });

  it('the unit and logind, as the bus tells', async () => {
    const bus = new FakeBus();
    bus.answer = ({ member }) => {
      if (member === 'GetUnit') return ['/unit'];
      return member === 'NameHasOwner' ? [true] : [member === 'Get' ? 'active' : 'enabled'];
    };
    assert.deepEqual(await askUnit(bus, 'a.service', 100), {
      known: true,
      value: { file: 'enabled', active: 'active' },
    });
    assert.deepEqual(await askLogind(bus, 100), { known: true, value: { logind: true } });
    bus.answer = ({ member }) => {
      if (member === 'NameHasOwner') return [true];
      throw new AgentError(member === 'GetUnit' ? 'not-found' : 'failed', 'no such unit');
    };
    assert.deepEqual(await askUnit(bus, 'a.service', 100), {
      known: true,
      value: { file: undefined, active: undefined },
    });
    bus.answer = () => {
      throw new AgentError('timeout', 'late');
    };
    assert.deepEqual(await askUnit(bus, 'a.service', 100), { known: false, why: 'late' });
  });
});
