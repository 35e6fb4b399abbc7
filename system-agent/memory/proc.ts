import { AgentError } from '#shared/errors.ts';
import type { MemorySample } from './memory.ts';

/**
 * @param meminfo text of /proc/meminfo: `MemTotal:  16384 kB`, where kB are KiB. proc(5)
 * @param vmstat text of /proc/vmstat: `pgfault 123`
 * @throws {AgentError} 'malformed' naming what is missing
 */
export function parseMemory(meminfo: string, vmstat: string): MemorySample {
  const kib = numbers(meminfo, /^(\S+):\s+(\d+)/gm, '/proc/meminfo');
  const count = numbers(vmstat, /^(\S+) (\d+)/gm, '/proc/vmstat');
  return {
    totalKib: kib('MemTotal'),
    freeKib: kib('MemFree'),
    buffersKib: kib('Buffers'),
    cachedKib: kib('Cached'),
    swapTotalKib: kib('SwapTotal'),
    swapFreeKib: kib('SwapFree'),
    pagesSwappedIn: count('pswpin'),
    pagesSwappedOut: count('pswpout'),
    pageFaults: count('pgfault'),
    majorPageFaults: count('pgmajfault'),
  };
}

function numbers(text: string, line: RegExp, file: string): (name: string) => number {
  const values = new Map(Array.from(text.matchAll(line), ([, name = '', digits]) => [name, Number(digits)]));
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new AgentError('malformed', `${file} has no ${name}`);
    return value;
  };
}
