import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { product as agent } from '../../guest/agents.ts';
import type { Domain } from '../domain.ts';
import type { Libvirt } from '../libvirt.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA somebody@somewhere';
const OTHER = 'ssh-rsa AAAAB3NzaC1yc2E= other';
const YEAR_2031 = Date.UTC(2031, 0) / 1000;

/** Passwords, keys and the time: what virsh sets is looked for inside the guest. */
export function accounts(stage: () => { readonly libvirt: Libvirt; readonly domain: Domain }): void {
  const logsIn = async (password: string) => {
    const { status } = await stage().domain.shell.try(`echo '${password}' | pamtester common-auth alice authenticate`);
    return status === 0;
  };

  it('set-user-password: the new one lets alice in, the old one no more', async () => {
    assert.equal(await logsIn('alicepw'), true);
    await stage().domain.virsh('set-user-password', 'alice', 'n3w one');
    assert.deepEqual([await logsIn('n3w one'), await logsIn('alicepw')], [true, false]);
  });

  it('set-user-password --encrypted takes the hash', async () => {
    const hash = await stage().domain.shell.run('getent shadow alice | cut -d: -f2');
    await stage().domain.virsh('set-user-password', 'alice', 'between');
    await stage().domain.virsh('set-user-password', 'alice', hash, '--encrypted');
    assert.equal(await logsIn('n3w one'), true);
  });

  it('set-user-password of nobody is an error that does not tell the password', async () => {
    await assert.rejects(stage().domain.virsh('set-user-password', 'nobody-here', 's3cret'), (error: Error) => {
      assert.match(error.message, /child process has failed to set user password/);
      return !/guest.*s3cret/.test(error.message);
    });
    assert.doesNotMatch(await stage().domain.shell.run(`journalctl --no-pager -u ${agent.unit}`), /s3cret|czNjcmV0/);
  });

  it('set-user-sshkeys adds, removes and resets; get-user-sshkeys shows them', async () => {
    const keys = async (...lines: readonly string[]) => {
      const file = path.join(stage().libvirt.folder, 'keys');
      await writeFile(file, `${lines.join('\n')}\n`);
      return ['--file', file];
    };
    const content = () => stage().domain.shell.run('cat /home/alice/.ssh/authorized_keys');
    await stage().domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY, OTHER)));
    assert.equal(await content(), `${KEY}\n${OTHER}`);
    assert.equal(
      await stage().domain.shell.run('cd /home/alice/.ssh; stat -c "%U:%G %a" . authorized_keys'),
      'alice:alice 700\nalice:alice 600',
    );
    // Some releases of virsh print the keys without anything between them.
    assert.equal((await stage().domain.virsh('get-user-sshkeys', 'alice')).replaceAll('\n', ''), `${OTHER}${KEY}`);
    await stage().domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY)), '--remove');
    assert.equal(await content(), OTHER);
    await stage().domain.virsh('set-user-sshkeys', 'alice', ...(await keys(KEY)), '--reset');
    assert.equal(await content(), KEY);
  });

  it('domtime sets both clocks, tells the time, and sets the system clock by the other', async () => {
    const shows = async (command: string) => {
      const ahead = Number(await stage().domain.shell.run(command)) - YEAR_2031;
      // Emulated clocks on a busy machine are seconds apart.
      assert.ok(ahead > -10 && ahead < 120, `${command}: ${ahead} s off`);
    };
    await stage().domain.virsh('domtime', '--time', `${YEAR_2031}`);
    await shows('date +%s');
    await shows('date --date "$(hwclock --get)" +%s');
    const told = Number(/Time: (\d+)/.exec(await stage().domain.virsh('domtime'))?.[1]);
    assert.ok(Math.abs(told - YEAR_2031) < 120, `${told}`);
    await stage().domain.shell.run("date --set '2033-01-01'");
    await stage().domain.virsh('domtime', '--sync');
    await shows('date +%s');
  });
}
