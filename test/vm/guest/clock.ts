import type { RootShell } from './root-shell.ts';

const QUESTIONS = 8;

/**
 * How far the guest's clock is ahead of the host's, in ms. Of several answers the quickest counts; it is wrong by at most
 * half the time that it took, some tens of milliseconds.
 */
export async function clockAhead(shell: RootShell): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, ahead: 0 };
  for (let asked = 0; asked < QUESTIONS; asked++) {
    const before = Date.now();
    const guest = Number(await shell.run('echo $EPOCHREALTIME')) * 1000;
    const took = Date.now() - before;
    if (took < best.took) best = { took, ahead: guest - (before + took / 2) };
  }
  return best.ahead;
}

/** When a process was started, in ms of the guest's clock; to a hundredth of a second. proc(5), stat: starttime */
export async function startedAt(shell: RootShell, pid: number): Promise<number> {
  const [now = '', up = '', stat = ''] = (
    await shell.run(`echo $EPOCHREALTIME; cat /proc/uptime; cat /proc/${pid}/stat`)
  ).split('\n');
  const ticks = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[20]);
  return Number(now) * 1000 - Number(up.split(' ')[0]) * 1000 + ticks * MS_PER_TICK;
}

/** USER_HZ is 100 on every Linux that user space sees. */
const MS_PER_TICK = 10;
