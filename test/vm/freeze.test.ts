import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { original, pidOf, product } from './guest/agents.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { answersBy, type Question } from './guest/questions.ts';
import { noGuests } from './needs.ts';
import { until } from './support/wait.ts';

const TIMEOUT_MS = 60_000;
const CGROUP = '/sys/fs/cgroup/system.slice';
const GUARD = 'uga-freeze-guard.service';

/** A file system in a file of the first one, a second mount of it, and a writer in both that tells what it has on disk. */
const SETUP = `set -e
  mkdir -p /mnt/inner /mnt/again /run/writer
  truncate -s 64M /var/inner.img; mkfs.ext4 -q /var/inner.img; mount -o loop /var/inner.img /mnt/inner
  mount --bind /mnt/inner /mnt/again
  cat > /run/writer/run <<'END'
n=0
while :; do
  n=$((n + 1))
  echo $n >> /var/written && echo $n >> /mnt/inner/written && sync /var/written /mnt/inner/written && echo $n > /run/writer/acknowledged
done
END
  systemd-run --quiet --unit=writer bash /run/writer/run`;

/** While / is frozen, programs that are in memory already can still be run in the guest, as long as they only read. */
describe('a frozen guest', { skip: noGuests }, () => {
  let guest: Machine;
  let host: QgaClient;

  before(async () => {
    guest = await resumeGuest();
    await guest.shell.run(SETUP);
    await product.start(guest.shell);
    host = await QgaClient.connect(guest.socketOf('qga'));
  });

  after(async () => {
    host?.[Symbol.dispose]();
    await guest?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await writes();
  });

  const acknowledged = async () => Number(await guest.shell.run('cat /run/writer/acknowledged'));

  /** The writer goes on, and has lost nothing that it was told is written. */
  async function writes(): Promise<void> {
    const now = await acknowledged();
    await until(TIMEOUT_MS, 'the guest to write', async () => ((await acknowledged()) > now ? true : undefined));
    const check = `a=$(cat /run/writer/acknowledged)
      for file in /var/written /mnt/inner/written; do seq $a | cmp - <(head -n $a $file) || exit 1; done`;
    await guest.shell.run(check);
  }

  async function standsStill(): Promise<void> {
    await sleep(300); // what had been written when the freeze came may still be acknowledged
    const then = await acknowledged();
    await sleep(700);
    assert.equal(await acknowledged(), then);
  }

  async function freeze(seconds?: number): Promise<void> {
    assert.deepEqual(await host.ask('guest-fsfreeze-freeze'), { return: 2 });
    if (seconds !== undefined) {
      assert.deepEqual(await host.ask('uga-freeze-renew', { seconds }), { return: seconds });
    }
  }

  const status = async () => (await host.ask('uga-freeze-status')).return as Record<string, unknown>;
  const thaw = () => host.ask('guest-fsfreeze-thaw');

  async function thawsByItself(): Promise<void> {
    await until(TIMEOUT_MS, 'the end of the freeze', async () => {
      assert.deepEqual(await host.ask('guest-ping'), { return: {} });
      assert.ok((await host.ask('guest-info')).return);
      return (await host.ask('guest-fsfreeze-status')).return === 'thawed' ? true : undefined;
    });
    await writes();
  }

  async function tellsOnce(reason: string): Promise<void> {
    const { error } = await thaw();
    assert.equal(error?.class, 'GenericError');
    assert.match(error?.desc ?? '', new RegExp(`^the freeze ended early: ${reason}; .*inconsistent$`));
    assert.deepEqual(await thaw(), { return: 0 });
  }

  /** Another process of ours: the port was not closed over it, so the host is still connected. */
  async function restarted(before: number): Promise<void> {
    await until(TIMEOUT_MS, 'another agent', async () => {
      const pid = await pidOf(guest.shell, product);
      return pid !== 0 && pid !== before ? true : undefined;
    });
    host[Symbol.dispose]();
    host = await QgaClient.connect(guest.socketOf('qga'));
  }

  it('stands still, answers what needs no disk, and writes again when it is thawed', async () => {
    await freeze();
    await standsStill();
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    const { state, achieved, filesystems, 'lease-left': left } = await status();
    assert.deepEqual([state, achieved], ['frozen', 'consistent']);
    assert.ok(Number(left) > 500 && Number(left) <= 600);
    assert.deepEqual(filesystems, [
      { mountpoint: '/mnt/inner', type: 'ext4', frozen: true },
      { mountpoint: '/', type: 'ext4', frozen: true },
    ]);
    const desc = 'Command guest-get-osinfo has been disabled: the agent is in frozen state';
    assert.deepEqual((await host.ask('guest-get-osinfo')).error, { class: 'CommandNotFound', desc });
    const { supported_commands: commands } = (await host.ask('guest-info')).return as {
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
    assert.deepEqual(await thaw(), { return: 2 });
    await writes();
    assert.deepEqual(await thaw(), { return: 0 });
  });

  it('is not frozen twice', async () => {
    await freeze();
    assert.equal((await host.ask('guest-fsfreeze-freeze')).error?.class, 'CommandNotFound');
    assert.deepEqual(await thaw(), { return: 2 });
  });

  it('can be frozen in part, by exact names', async () => {
    const list = (...mountpoints: string[]) => host.ask('guest-fsfreeze-freeze-list', { mountpoints });
    assert.deepEqual(await list(), { return: 0 });
    assert.deepEqual(await list('/mnt/inner/', '/nowhere'), { return: 0 });
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'thawed' });
    assert.deepEqual(await list('/mnt/again'), { return: 1 });
    await guest.shell.run('echo x > /var/other && sync /var/other');
    assert.equal((await status()).achieved, 'crash-consistent');
    assert.deepEqual(await thaw(), { return: 1 });
  });

  it('between freeze and thaw the agent opens nothing and starts nothing', async () => {
    const pid = await pidOf(guest.shell, product);
    const calls = 'open,openat,creat,execve,fork,vfork,clone,clone3,unlink,unlinkat,ioctl';
    await guest.shell.run(
      `systemd-run --quiet --unit=trace strace -f -p ${pid} -o /run/trace -e trace=${calls}; sleep 2; test -e /run/trace`,
    );
    await freeze();
    for (let n = 0; n < 3; n++) {
      await host.ask('guest-ping');
      await host.ask('guest-info');
      await status();
    }
    assert.deepEqual(await thaw(), { return: 2 });
    const lines = (await guest.shell.run('systemctl stop trace; cat /run/trace')).split('\n');
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

  it('thaws when the lease ends, though the host goes on asking', async () => {
    await freeze(3);
    await standsStill();
    await thawsByItself();
    const { achieved, ended } = await status();
    assert.deepEqual([achieved, ended], ['lease-expired', 'the lease has ended']);
    await tellsOnce('the lease has ended');
  });

  it('does not count time for which the host has stopped the machine', async () => {
    await freeze(4);
    await guest.qmp.execute('stop');
    await sleep(6_000);
    await guest.qmp.execute('cont');
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    await thawsByItself();
    await tellsOnce('the lease has ended');
  });

  for (const [whom, kill] of [
    ['its agent', (pid: number) => `kill -9 ${pid}`],
    ["its agent's whole control group", () => `echo 1 > ${CGROUP}/${product.unit}/cgroup.kill`],
  ] as const) {
    it(`thaws at once when ${whom} is killed`, async () => {
      const pid = await pidOf(guest.shell, product);
      await freeze();
      await guest.shell.run(kill(pid));
      await writes();
      await restarted(pid);
      await tellsOnce('the agent died');
    });
  }

  it('thaws when its guard is killed', async () => {
    await freeze();
    await guest.shell.run(`echo 1 > ${CGROUP}/${GUARD}/cgroup.kill`);
    await thawsByItself();
    await tellsOnce('the guard died');
  });

  it('does not hear a polite end while frozen, neither agent nor guard', async () => {
    const pid = await pidOf(guest.shell, product);
    await freeze();
    await guest.shell.run(`kill -TERM $(cat ${CGROUP}/${GUARD}/cgroup.procs); kill -TERM ${pid}`);
    await standsStill();
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'frozen' });
    assert.deepEqual(await thaw(), { return: 2 });
    await restarted(pid);
    assert.deepEqual(await thaw(), { return: 0 });
  });

  it('keeps its freeze over systemctl restart until it is thawed', async () => {
    const pid = await pidOf(guest.shell, product);
    await freeze();
    await guest.shell.run(`systemctl --no-block restart ${product.unit}`);
    await standsStill();
    assert.deepEqual(await host.ask('guest-ping'), { return: {} });
    assert.deepEqual(await thaw(), { return: 2 });
    await restarted(pid);
  });

  it('of which one file system cannot be frozen is thawed, with an error that names it', async () => {
    await guest.shell.run(`set -e
      systemctl stop writer; umount /mnt/again /mnt/inner; truncate -s 64M /run/bad.img && losetup /dev/loop7 /run/bad.img
      echo '0 131072 linear /dev/loop7 0' | dmsetup create bad && mkfs.ext4 -q /dev/mapper/bad
      mkdir -p /mnt/bad && mount /dev/mapper/bad /mnt/bad && mount -o loop /var/inner.img /mnt/inner
      echo x > /mnt/bad/file
      echo '0 131072 error' | dmsetup reload bad && dmsetup suspend --nolockfs bad && dmsetup resume bad`);
    const { error } = await host.ask('guest-fsfreeze-freeze');
    assert.match(error?.desc ?? '', /^failed to freeze \/mnt\/bad: Input\/output error$/);
    assert.deepEqual(await host.ask('guest-fsfreeze-status'), { return: 'thawed' });
    await guest.shell.run(
      'echo y > /mnt/inner/other && sync /mnt/inner/other && echo y > /var/other && sync /var/other',
    );
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
