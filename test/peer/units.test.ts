import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder, without } from '#test/support/programs.ts';

const INSTALLED = 'installer/root';
const UNITS = path.join(INSTALLED, 'usr/lib/systemd');
/** Of systemd itself: what ours refer to. */
const SYSTEMDS = ['/usr/lib/systemd', '/lib/systemd'].find((folder) => existsSync(path.join(folder, 'system'))) ?? '';
const PROGRAMS = [
  'usr/lib/uga/node',
  'usr/bin/true',
  'usr/bin/systemctl',
  'usr/bin/man',
  'usr/lib/uga/uga.js',
  'usr/lib/uga/native/uga-freeze-guard',
];

/** A root folder with our files and systemd's, in which the programs that units start are there. */
function root(): { readonly path: string } & Disposable {
  const folder = temporaryFolder();
  for (const kind of ['system', 'user']) {
    cpSync(path.join(SYSTEMDS, kind), path.join(folder.path, 'usr/lib/systemd', kind), { recursive: true });
  }
  cpSync(INSTALLED, folder.path, { recursive: true });
  for (const name of PROGRAMS) {
    const file = path.join(folder.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o755);
  }
  cpSync(path.join(folder.path, 'usr/bin'), path.join(folder.path, 'bin'), { recursive: true });
  return folder;
}

function asSystemUnits(folder: string): void {
  const units = path.join(folder, 'usr/lib/systemd');
  for (const name of ['uga-session-agent.service', 'graphical-session.target', 'session.slice']) {
    if (existsSync(path.join(units, 'user', name)))
      cpSync(path.join(units, 'user', name), path.join(units, 'system', name));
  }
}

const unitsOf = (kind: string) => readdirSync(path.join(UNITS, kind)).filter((name) => name.endsWith('.service'));

describe("systemd's opinion of our units", { skip: without('systemd-analyze') }, () => {
  for (const kind of ['system', 'user']) {
    it(`of the ${kind} manager: no complaint`, () => {
      using folder = root();
      const names = unitsOf(kind);
      assert.ok(names.length > 0);
      // A user's manager cannot be shown another root: its units are shown as the system's.
      if (kind === 'user') asSystemUnits(folder.path);
      const args = ['verify', `--root=${folder.path}`, '--man=no', '--recursive-errors=no', ...names];
      const { status, stderr, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      assert.equal(`${stdout}${stderr}`, '');
      assert.equal(status, 0);
    });
  }
});

describe('the files beside the units', () => {
  const read = (file: string) => readFileSync(path.join(INSTALLED, file), 'utf8');

  it('start the same program everywhere', () => {
    const commands = [
      ...['system/uga-system-agent.service', 'user/uga-session-agent.service'].map((name) => `usr/lib/systemd/${name}`),
      'etc/xdg/autostart/uga-session-agent.desktop',
      'usr/share/gdm/greeter/autostart/uga-session-agent.desktop',
    ].map((file) => /^Exec(?:Start)?=(.*) \S+-agent$/m.exec(read(file))?.[1]);
    assert.ok(commands[0]?.startsWith('/usr/lib/uga/node '));
    assert.equal(new Set(commands).size, 1);
  });

  it('leave the ports to root and start the agent for each of them', () => {
    const rule = read('usr/lib/udev/rules.d/60-uga.rules').split('\n').at(-2) ?? '';
    for (const name of [
      'org.qemu.guest_agent.0',
      'ovirt-guest-agent.0',
      'com.redhat.rhevm.vdsm',
      'com.redhat.spice.0',
    ]) {
      assert.ok(rule.includes(name), name);
    }
    assert.match(rule, /MODE="0600".*SYSTEMD_WANTS}\+="uga-system-agent\.service"$/);
  });
});
