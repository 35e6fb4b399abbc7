import assert from 'node:assert/strict';
import { until } from '../../support/wait.ts';
import { type FreezeLab, INNER } from '../lab.ts';
import { type Case, tellsOnce } from './case.ts';

const TIMEOUT_MS = 60_000;
const TRACE = '/run/trace';

interface Step {
  readonly before: string;
  /** Options of strace(1), which kills the daemon as it enters the call. */
  readonly kill: string;
  /** What the trace shows of the call. */
  readonly call: RegExp;
  /** The freeze is complete when the tracing begins. */
  readonly frozen?: true;
  /** Not in long runs only. */
  readonly quick?: true;
}

/** The nth message to the guard; its letters are those of uga-freeze-guard.c. */
const message = (n: number, letter: string) => ({
  kill: `-e trace=sendmsg -e inject=sendmsg:signal=KILL:when=${n}`,
  call: new RegExp(`sendmsg\\(.*iov_base="${letter}`),
});

/** Which thread makes a call is chance, so the call is known by its file system rather than by its number. */
const onFileSystem = (mountPoint: string) => `-e trace=ioctl -P ${mountPoint} -e inject=ioctl:signal=KILL:when=1`;

const STEPS: readonly Step[] = [
  { before: 'it asks for a guard', kill: '-e trace=connect -e inject=connect:signal=KILL:when=1', call: /connect\(/ },
  { before: 'the guard knows of a lease', ...message(2, 'L'), quick: true },
  { before: 'the guard holds the outer file system', ...message(4, 'M') },
  {
    before: 'the record is written',
    kill: '-e trace=/^rename -e inject=/^rename:signal=KILL:when=1',
    call: /rename.*\/run\/uga\/freeze\.new/,
  },
  { before: 'the inner file system is frozen', kill: onFileSystem(INNER), call: /FIFREEZE/ },
  { before: 'the outer file system is frozen', kill: onFileSystem('/'), call: /FIFREEZE/, quick: true },
  { before: 'the lease of the complete freeze begins', ...message(5, 'L') },
  { before: 'the outer file system is thawed', kill: onFileSystem('/'), call: /FITHAW/, frozen: true },
  { before: 'the guard forgets what is thawed', ...message(1, 'D'), frozen: true },
];

/** Comes back when every thread of the daemon is traced. */
async function trace(lab: FreezeLab, pid: number, kill: string): Promise<void> {
  await lab.run(`rm -f ${TRACE}; setsid strace -f -ttt -p ${pid} -o ${TRACE} ${kill} </dev/null >/dev/null 2>&1 &
    until ! grep -qs '^TracerPid:.0$' /proc/${pid}/task/*/status; do sleep 0.1; done`);
}

/** When the daemon was killed, by the trace. */
async function death(lab: FreezeLab, call: RegExp): Promise<number> {
  const killed = /^\d+ +([\d.]+) \+\+\+ killed by SIGKILL/m;
  const lines = await until(TIMEOUT_MS, 'the death of the daemon', async () => {
    const text = await lab.run(`cat ${TRACE}`);
    return killed.test(text) ? text : undefined;
  });
  assert.match(lines, call);
  return Number(killed.exec(lines)?.[1]);
}

function diesAt({ before, kill, call, frozen, quick }: Step): Case {
  return {
    name: `kill -9 of the daemon before ${before}`,
    quick: quick ? 1 : 0,
    async round(lab) {
      const pid = await lab.pid();
      if (frozen) {
        await lab.run('strace -V >/dev/null; setsid true'); // in memory from now on
        await lab.freeze();
      }
      await trace(lab, pid, kill);
      lab.host.send(frozen ? 'guest-fsfreeze-thaw' : 'guest-fsfreeze-freeze');
      const due = await death(lab, call);
      await lab.writesAfter(due);
      await lab.restarted(pid);
      return { due, told: await tellsOnce(lab) };
    },
  };
}

const inHook: Case = {
  name: 'kill -9 of the daemon while a hook runs',
  quick: 1,
  async round(lab) {
    const pid = await lab.pid();
    await lab.hook('freeze', 'date +%s.%N >/run/lab-hook/killed; rm /run/lab-hook/freeze; kill -9 $PPID');
    lab.host.send('guest-fsfreeze-freeze');
    await lab.restarted(pid);
    const due = Number(await lab.run('cat /run/lab-hook/killed'));
    return { due, told: await tellsOnce(lab) };
  },
};

/** Of a freeze and its thaw, one after the other. */
export const steps: readonly Case[] = [inHook, ...STEPS.map(diesAt)];
