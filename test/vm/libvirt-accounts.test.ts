import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { product as agent } from './guest/agents.ts';
import { RootShell } from './guest/root-shell.ts';
import { Domain } from './libvirt/domain.ts';
import { Libvirt } from './libvirt/libvirt.ts';
import { noLibvirt } from './needs.ts';
import { until } from './support/wait.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA somebody@somewhere';
const OTHER = 'ssh-rsa AAAAB3NzaC1yc2E= other';
const YEAR_2031 = Date.UTC(2031, 0) / 1000;

/** What virsh's commands do inside the guest. One boot for all; the last test restarts it. */
describe('libvirt and accounts, keys, time', { skip: noLibvirt }, () => {
  let libvirt: Libvirt;
  let domain: Domain;

  before(async () => {
    libvirt = await Libvirt.start();
    domain = await Domain.boot(libvirt, 'lab');
    await agent.start(domain.shell);
    await domain.channelBecomes('connected', 30_000);
  });

  after(async () => {
    await domain?.[Symbol.asyncDispose]();
    await libvirt?.[Symbol.asyncDispose]();
  });

  const logsIn = async (password: string) => {
    const { status } = await domain.shell.try(`echo '${password}' | pamtester common-auth alice authenticate`);
    return status === 0;
  };

  it('set-user-password: the new one lets alice in, the old one no more', async () => {
    assert.equal(await logsIn('alicepw'), true);
    await domain.virsh('set-user-password', 'alice', 'n3w one');
    assert.deepEqual([await logsIn('n3w one'), await logsIn('alicepw')], [true, false]);
  });

  it('set-user-password --encrypted takes the hash', async () => {
    const hash = await domain.shell.run('getent shadow alice | cut -d: -f2');
    await domain.virsh('set-user-password', 'alice', 'between');
    await domain.virsh('set-user-password', 'alice', hash, '--encrypted');
    assert.equal(await logsIn('n3w one'), true);
  });

  it('set-user-password of nobody is an error that does not tell the password', async () => {
    await assert.rejects(domain.virsh('set-user-password', 'nobody-here', 's3cret'), (error: Error) => {
      assert.match(error.message, /child process has failed to set user password/);
      return !/guest.*s3cret/.test(error.message);
    });
    assert.doesNotMatch(await domain.shell.run(`journalctl --no-pager -u ${agent.unit}`), /s3cret|czNjcmV0/);
  });

  it('set-user-sshkeys adds, removes and resets; get-user-sshkeys shows them', async () => {
    const keys = async (...lines: readonly string[]) => {
      const file = path.join(libvirt.folder, 'keys');
      await writeFile(file, `${lines.join('\n')}\n`);
      return ['--file', file];
    };
    const content = () => domain.shell.run('cat /home/alice/.ssh/authorized_keys');
    await domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY, OTHER)));
    assert.equal(await content(), `${KEY}\n${OTHER}`);
    assert.equal(
      await domain.shell.run('cd /home/alice/.ssh; stat -c "%U:%G %a" . authorized_keys'),
      'alice:alice 700\nalice:alice 600',
    );
    // Some releases of virsh print the keys without anything between them.
    assert.equal((await domain.virsh('get-user-sshkeys', 'alice')).replaceAll('\n', ''), `${OTHER}${KEY}`);
    await domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY)), '--remove');
    assert.equal(await content(), OTHER);
    await domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY)), '--reset');
    assert.equal(await content(), KEY);
  });

  it('domtime sets both clocks, tells the time, and sets the system clock by the other', async () => {
    const shows = async (command: string) => {
      const ahead = Number(await domain.shell.run(command)) - YEAR_2031;
      // Emulated clocks on a busy machine are seconds apart.
      assert.ok(ahead > -10 && ahead < 120, `${command}: ${ahead} s off`);
    };
    await domain.virsh('domtime', '--time', `${YEAR_2031}`);
    await shows('date +%s');
    await shows('date --date "$(hwclock --get)" +%s');
    const told = Number(/Time: (\d+)/.exec(await domain.virsh('domtime'))?.[1]);
    assert.ok(Math.abs(told - YEAR_2031) < 120, `${told}`);
    await domain.shell.run("date --set '2033-01-01'");
    await domain.virsh('domtime', '--sync');
    await shows('date +%s');
  });

  it('domhostname and guestinfo, all types that the agent has', async () => {
    assert.equal(await domain.virsh('domhostname', '--source', 'agent'), 'lab');
    const info = await domain.virsh('guestinfo');
    for (const line of [
      /^os\.id +: debian$/m,
      /^hostname +: lab$/m,
      /^timezone\.offset +: 0$/m,
      /^user\.count +: 0$/m,
    ]) {
      assert.match(info, line);
    }
    assert.match(info, /^if\.0\.name +: lo$/m);
  });

  it('reboot --mode agent', async () => {
    const log = path.join(libvirt.folder, 'events');
    await using _events = await domain.watchEvents(log);
    const before = await domain.shell.run('cat /proc/sys/kernel/random/boot_id');
    await domain.virsh('reboot', '--mode', 'agent');
    await until(120_000, 'the reboot', async () => /event 'reboot'/.test(await readFile(log, 'utf8')) || undefined);
    domain.shell[Symbol.dispose]();
    using shell = await RootShell.connect(path.join(libvirt.folder, 'lab.shell'), 180_000);
    assert.notEqual(await shell.run('cat /proc/sys/kernel/random/boot_id'), before);
  });
});
