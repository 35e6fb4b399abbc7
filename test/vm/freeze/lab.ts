import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidOf, product } from '../guest/agents.ts';
import { resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import { type Answer, QgaClient } from '../guest/qga-client.ts';
import { until } from '../support/wait.ts';

const TIMEOUT_MS = 60_000;
/** A new process has to be started in an emulated machine, on a host that may be busy. */
const RESTART_MS = 120_000;

/** A file system in a file of the first one, and a second mount of it: two to freeze, one inside the other. */
export const INNER = '/mnt/inner';
export const FILE_SYSTEMS = 2;
/** The writer's files, one in each; a line is a number, and the numbers are those from 1 on. */
export const WRITTEN = { outer: '/var/written', inner: `${INNER}/written`, image: '/var/inner.img' } as const;
/** What the writer has been told is on disk, `NUMBER TIME` a line, in memory. */
const ACKNOWLEDGED = '/run/writer/acknowledged';
/** What the hook of the lab does in a phase, if the file is there, and what it has been called for. */
const HOOKS = '/run/lab-hook';

/** Between two lines: what is written is what is looked through after each round. */
const PAUSE_S = 0.05;

/** The watchdog's beats would be among the messages that cases count. */
const SETUP = `set -e
  mkdir -p ${INNER} /mnt/again /run/writer ${HOOKS}
  truncate -s 64M ${WRITTEN.image}; mkfs.ext4 -q ${WRITTEN.image}; mount -o loop ${WRITTEN.image} ${INNER}
  mount --bind ${INNER} /mnt/again
  cat >/run/writer/run <<'END'
use strict; use IO::Handle;
my ($told, @files) = map { open my $file, '>>', $_ or die; $file->autoflush(1); $file } @ARGV;
for (my $n = 1; ; $n++) {
  print $_ "$n\\n" or die for @files;
  $_->sync or die for @files;
  my $time = pack 'q2', 0, 0;
  syscall 228, 0, $time; # clock_gettime, without a module that perl-base lacks
  my ($s, $ns) = unpack "q2", $time;
  printf $told "%d %d.%06d\\n", $n, $s, $ns / 1000;
  select undef, undef, undef, ${PAUSE_S};
}
END
  mkdir -p /etc/uga/freeze.d
  cat >/etc/uga/freeze.d/50-lab <<'END'
#!/bin/sh
echo "$1" >>${HOOKS}/calls
[ ! -e "${HOOKS}/$1" ] || . "${HOOKS}/$1"
END
  chmod 755 /etc/uga/freeze.d/50-lab
  printf '[freeze]\\nhook-timeout=2\\n' >/etc/uga/uga.conf.d/lab.conf
  mkdir -p /run/systemd/system/${product.unit}.d
  printf '[Service]\\nWatchdogSec=0\\n' >/run/systemd/system/${product.unit}.d/lab.conf; systemctl daemon-reload
  systemd-run --quiet --unit=writer perl /run/writer/run ${ACKNOWLEDGED} ${WRITTEN.outer} ${WRITTEN.inner}`;

/** Lines, more than are written in a round. */
const RECENT = 5_000;

const STILL_MS = 1_000;
/** What was on disk when the freeze came may be acknowledged after it. */
const LOOKS = 4;

/** A guest that writes all the time, our agent in it, and a host that freezes it. Times are seconds of the guest's clock. */
export class FreezeLab implements AsyncDisposable {
  #lastBeforeStill: number | undefined;
  #compared = 0;

  private constructor(
    readonly guest: Machine,
    private client: QgaClient,
  ) {}

  static async start(): Promise<FreezeLab> {
    const guest = await resumeGuest();
    try {
      await guest.shell.run(SETUP);
      await product.start(guest.shell);
      return new FreezeLab(guest, await QgaClient.connect(guest.socketOf('qga')));
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  get host(): QgaClient {
    return this.client;
  }

  /** In the guest. While / is frozen that goes for programs that are in memory and only read. */
  run(command: string): Promise<string> {
    return this.guest.shell.run(command);
  }

  async connect(): Promise<void> {
    this.client = await QgaClient.connect(this.guest.socketOf('qga'));
  }

  /** The host's end of the port is closed. */
  disconnect(): void {
    this.client[Symbol.dispose]();
  }

  async now(): Promise<number> {
    return Number(await this.run('echo $EPOCHREALTIME'));
  }

  /** Runs a command in the guest. @returns when it was begun */
  async at(command: string): Promise<number> {
    return Number((await this.run(`echo $EPOCHREALTIME; ${command}`)).split('\n')[0]);
  }

  pid(): Promise<number> {
    return pidOf(this.guest.shell, product);
  }

  async freeze(): Promise<void> {
    assert.deepEqual(await this.host.ask('guest-fsfreeze-freeze'), { return: FILE_SYSTEMS });
  }

  thaw(): Promise<Answer> {
    return this.host.ask('guest-fsfreeze-thaw');
  }

  async isFrozen(): Promise<boolean> {
    return (await this.host.ask('guest-fsfreeze-status')).return === 'frozen';
  }

  async status(): Promise<Record<string, unknown>> {
    return (await this.host.ask('uga-freeze-status')).return as Record<string, unknown>;
  }

  /** Has the freeze end after `seconds`. @returns the earliest moment at which that can be */
  async lease(seconds: number): Promise<number> {
    const now = await this.now();
    assert.deepEqual(await this.host.ask('uga-freeze-renew', { seconds }), { return: seconds });
    return now + seconds;
  }

  async acknowledged(): Promise<number> {
    return Number((await this.run(`tail -n 1 ${ACKNOWLEDGED}`)).split(' ')[0]);
  }

  /** The guest comes to rest and writes nothing for a while, which `writesAfter` looks into again. Fails when nothing is frozen. */
  async standsStill(): Promise<void> {
    let before = await this.acknowledged();
    for (let look = 0; look < LOOKS; look++) {
      await sleep(STILL_MS);
      const now = await this.acknowledged();
      if (now === before) {
        this.#lastBeforeStill = now;
        return;
      }
      before = now;
    }
    assert.fail('the frozen guest goes on writing');
  }

  /**
   * Waits until the guest has written after a moment; where it stood still, that was until then.
   * @returns when it wrote first
   */
  async writesAfter(moment: number): Promise<number> {
    const first = await until(TIMEOUT_MS, 'the guest to write', async () => {
      const line = await this.run(`tail -n ${RECENT} ${ACKNOWLEDGED} | awk '$2 > ${moment} { print; exit }'`);
      return line === '' ? undefined : line.split(' ').map(Number);
    });
    const [number, time] = first as [number, number];
    if (this.#lastBeforeStill !== undefined)
      assert.equal(number, this.#lastBeforeStill + 1, 'it wrote while it was frozen');
    this.#lastBeforeStill = undefined;
    return time;
  }

  /** The writer's files hold all that it was told is on disk; what was looked at before is not read again. */
  async hasLostNothing(): Promise<void> {
    const from = this.#compared + 1;
    const to = await this.acknowledged();
    await this.run(`for file in ${WRITTEN.outer} ${WRITTEN.inner}; do
      seq ${from} ${to} | cmp - <(tail -n +${from} $file | head -n ${to - this.#compared}) || exit 1; done`);
    this.#compared = to;
  }

  async goesOn(): Promise<void> {
    this.#lastBeforeStill = undefined; // it may have written again for long
    await this.writesAfter(await this.now());
    await this.hasLostNothing();
  }

  /** Another process of ours: the port was not closed over it, but what it was asked may have been lost. */
  async restarted(before: number): Promise<void> {
    await until(TIMEOUT_MS, 'another agent', async () => {
      const pid = await this.pid();
      return pid !== 0 && pid !== before ? true : undefined;
    });
    this.disconnect();
    await until(RESTART_MS, 'its answer', () =>
      this.connect().then(
        () => true,
        () => undefined,
      ),
    );
  }

  /** @param script for `sh`, in the hook of the lab; undefined: it does nothing */
  async hook(phase: 'freeze' | 'thaw', script: string | undefined): Promise<void> {
    const file = `${HOOKS}/${phase}`;
    await this.run(script === undefined ? `rm -f ${file}` : `cat >${file} <<'END'\n${script}\nEND`);
  }

  /** The phases for which the hook was called since the last time that this was asked. */
  async hookCalls(): Promise<readonly string[]> {
    return (await this.run(`cat ${HOOKS}/calls; : >${HOOKS}/calls`)).split('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    await this.guest[Symbol.asyncDispose]();
  }
}
