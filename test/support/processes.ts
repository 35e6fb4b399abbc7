import { readdirSync, readFileSync } from 'node:fs';

/** Kibibytes of memory that belong to this process alone and were written to. */
export function privateDirtyKib(pid: number): number {
  return field(`/proc/${pid}/smaps_rollup`, 'Private_Dirty');
}

export function residentKib(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmRSS');
}

/** Context switches of all threads since they started: each is a time that the process was woken or ran out its slice. */
export function contextSwitches(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => `/proc/${pid}/task/${task}/status`)
    .reduce((sum, file) => sum + field(file, 'voluntary_ctxt_switches') + field(file, 'nonvoluntary_ctxt_switches'), 0);
}

/** Clock ticks of processor time, user and system. */
export function processorTicks(pid: number): number {
  const words = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(words[11]) + Number(words[12]);
}

/** Milliseconds of processor time of all threads that are there, to the nanosecond. Source: Linux, sched-stats.rst. */
export function processorMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]) / 1e6)
    .reduce((sum, time) => sum + time, 0);
}

function field(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'latin1'));
  if (found === null) throw new Error(`${file} has no ${name}`);
  return Number(found[1]);
}

/** Process ids of a process's children. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
