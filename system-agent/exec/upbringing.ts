import { readFileSync, writeFileSync } from 'node:fs';
import { limitOpenFiles, openFilesLimit } from '#shared/native/open-files.ts';

const OOM_SCORE = '/proc/self/oom_score_adj';
/** What a service gets that asks for nothing: systemd-system.conf(5), DefaultLimitNOFILE=. */
const OPEN_FILES = 1024n;

/**
 * Calls `start`, which forks, as if this process were any service. Else the program would inherit what is meant for us
 * alone: that the kernel takes others first when memory is short (OOMScoreAdjust= of our unit), and the many open files that
 * Node allows itself, with which programs that use select(2) break. Neither can be set for a child before it runs.
 * Where we may not take the first back (no CAP_SYS_RESOURCE), we are from then on killed like any other.
 */
export function asAnyService<T>(start: () => T): T {
  const score = oomScore();
  const limit = openFilesLimit();
  if (score < 0) setOomScore(0);
  if (limit.soft > OPEN_FILES) limitOpenFiles({ ...limit, soft: OPEN_FILES });
  try {
    return start();
  } finally {
    if (limit.soft > OPEN_FILES) limitOpenFiles(limit);
    if (score < 0) setOomScore(score);
  }
}

/** 0, the default, also where there is no /proc. */
function oomScore(): number {
  try {
    return Number(readFileSync(OOM_SCORE, 'latin1'));
  } catch {
    return 0;
  }
}

function setOomScore(score: number): void {
  try {
    writeFileSync(OOM_SCORE, `${score}`);
  } catch {
    // A program is started all the same.
  }
}
