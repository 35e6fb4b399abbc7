import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { original, product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import { answersBy, type Question } from '../guest/questions.ts';
import { noGuests } from '../needs.ts';
import { FreezeLab } from './lab.ts';

const GUARD = '/sys/fs/cgroup/system.slice/uga-freeze-guard.service';

describe('a frozen guest', { skip: noGuests }, () => {
  let lab: FreezeLab;

  before(async () => {
    lab = await FreezeLab.start();
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await lab.goesOn();
  });

  it('stands still, answers what needs no disk, and writes again when it is thawed', async () => {
    await lab.freeze();
    await lab.standsStill();
    assert.deepEqual(await lab.host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    const { state, achieved, filesystems, 'lease-left': left } = await lab.status();
    assert.deepEqual([state, achieved], ['frozen', 'consistent']);
    assert.ok(Number(left) > 500 && Number(left) <= 600);
    assert.deepEqual(filesystems, [
      { mountpoint: '/mnt/inner', type: 'ext4', frozen: true },
      { mountpoint: '/', type: 'ext4', frozen: true },
    ]);
    const desc = 'Command guest-get-osinfo has been disabled: the agent is in frozen state';
    assert.deepEqual((await lab.host.ask('guest-get-osinfo')).error, { class: 'CommandNotFound', desc });
    const { supported_commands: commands } = (await lab.host.ask('guest-info')).return as {
      supported_commands: { name: string; enabled: boolean }[];
    };
    assert.deepEqual(
      commands.filter(({ enabled }) => enabled).map(({ name }) => name),
      [
        'guest-fsfreeze-status',
        'guest-fsfreeze-thaw',
        'guest-info',
        'guest-ping',
        'guest-sync',
        'guest-sync-delimited',
        'uga-freeze-renew',
        'uga-freeze-status',
      ],
    );
    assert.deepEqual(await lab.thaw(), { return: 2 });
    await lab.goesOn();
    assert.deepEqual(await lab.thaw(), { return: 0 });
  });

  it('can be frozen in part, by exact names', async () => {
    const list = (...mountpoints: string[]) => lab.host.ask('guest-fsfreeze-freeze-list', { mountpoints });
    assert.deepEqual(await list(), { return: 0 });
    assert.deepEqual(await list('/mnt/inner/', '/nowhere'), { return: 0 });
    assert.deepEqual(await lab.host.ask('guest-fsfreeze-status'), { return: 'thawed' });
    assert.deepEqual(await list('/mnt/again'), { return: 1 });
    await lab.run('echo x > /var/other && sync /var/other');
    assert.equal((await lab.status()).achieved, 'crash-consistent');
    assert.deepEqual(await lab.thaw(), { return: 1 });
  });

  it('between freeze and thaw the agent opens nothing and starts nothing', async () => {
    const pid = await lab.pid();
    const calls = 'open,openat,creat,execve,fork,vfork,clone,clone3,unlink,unlinkat,ioctl';
    await lab.run(
      `systemd-run --quiet --unit=trace strace -f -p ${pid} -o /run/trace -e trace=${calls}; sleep 2; test -e /run/trace`,
    );
    await lab.freeze();
    for (let n = 0; n < 3; n++) {
      await lab.host.ask('guest-ping');
      await lab.host.ask('guest-info');
      await lab.status();
    }
    assert.deepEqual(await lab.thaw(), { return: 2 });
    const lines = (await lab.run('systemctl stop trace; cat /run/trace')).split('\n');
    const from = lines.findIndex((line) => line.includes('FIFREEZE'));
    const to = lines.findIndex((line) => /unlink(at)?\(.*"\/run\/uga\/freeze"/.test(line));
    assert.ok(from >= 0 && to > from, lines.slice(-40).join('\n'));
    const between = lines.slice(from, to);
    assert.ok(between.some((line) => line.includes('FITHAW')));
    assert.deepEqual(
      between.filter((line) => !line.includes('ioctl')),
      [],
    );
  });

  it('does not hear a polite end while frozen, neither agent nor guard', async () => {
    const pid = await lab.pid();
    await lab.freeze();
    await lab.run(`kill -TERM $(cat ${GUARD}/cgroup.procs); kill -TERM ${pid}`);
    await lab.standsStill();
    assert.deepEqual(await lab.host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    assert.deepEqual(await lab.thaw(), { return: 2 });
    await lab.restarted(pid);
    assert.deepEqual(await lab.thaw(), { return: 0 });
  });
});

describe('freezing and thawing', { skip: noGuests }, () => {
  it('is answered as qemu-ga answers it', async () => {
    await using guest = await resumeGuest();
    const list = (mountpoints?: unknown): Question => ['guest-fsfreeze-freeze-list', { mountpoints }];
    const [freeze, thaw, status]: Question[] = [
      ['guest-fsfreeze-freeze'],
      ['guest-fsfreeze-thaw'],
      ['guest-fsfreeze-status'],
    ];
    const questions = [
      ...[status, thaw, list([]), list(['/nowhere']), list('/'), list([1]), status],
      ...[freeze, status, freeze, list(['/']), ['guest-get-host-name'], ['guest-ping'], thaw, status, thaw],
      ...[list(['/', '/']), status, thaw, list(), thaw],
    ] as Question[];
    const theirs = await answersBy(original, guest, questions);
    assert.deepEqual(await answersBy(product, guest, questions), theirs);
  });
});
