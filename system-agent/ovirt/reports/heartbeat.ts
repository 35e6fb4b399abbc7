import type { Log } from '#shared/log/log.ts';
import type { Memory, MemorySample } from '../../memory/memory.ts';
import type { Members } from '../report.ts';

/**
 * The sign of life, with the guest's memory. Unlike the other reports it remembers: the counters are told as rates.
 * `free-ram` is MiB as a decimal string, `memory-stat` is KiB and events a second.
 */
export class Heartbeat {
  #isFailing = false;
  #before: { readonly sample: MemorySample; readonly atMs: number } | undefined;

  /** @param nowMs a clock that nobody sets */
  constructor(
    private readonly memory: Memory | undefined,
    private readonly nowMs: () => number,
    private readonly log: Log,
  ) {}

  /** Whatever happens, the guest lives: without its memory the host reads "not known", which is 0. */
  members(apiVersion: number): Members {
    const sample = this.#sample();
    if (sample === undefined) return { 'free-ram': '0', apiVersion };
    const atMs = this.nowMs();
    const rate = this.#rateUntil(sample, atMs);
    this.#before = { sample, atMs };
    const availableKib = sample.freeKib + sample.buffersKib + sample.cachedKib;
    return {
      'free-ram': String(Math.floor(availableKib / 1024)),
      'memory-stat': {
        mem_total: sample.totalKib,
        mem_unused: sample.freeKib,
        mem_free: availableKib,
        mem_buffers: sample.buffersKib,
        mem_cached: sample.cachedKib,
        swap_total: sample.swapTotalKib,
        swap_usage: sample.swapTotalKib - sample.swapFreeKib,
        swap_in: rate('pagesSwappedIn'),
        swap_out: rate('pagesSwappedOut'),
        pageflt: rate('pageFaults'),
        majflt: rate('majorPageFaults'),
      },
      apiVersion,
    };
  }

  #sample(): MemorySample | undefined {
    try {
      const sample = this.memory?.sample();
      this.#isFailing = false;
      return sample;
    } catch (error) {
      if (!this.#isFailing) this.log.warn('memory is not known', { error });
      this.#isFailing = true;
      return undefined;
    }
  }

  #rateUntil(sample: MemorySample, atMs: number): (counter: Counter) => number {
    const before = this.#before;
    if (before === undefined || atMs <= before.atMs) return () => 0;
    const seconds = (atMs - before.atMs) / 1000;
    return (counter) => Math.max(0, Math.floor((sample[counter] - before.sample[counter]) / seconds));
  }
}

type Counter = 'pagesSwappedIn' | 'pagesSwappedOut' | 'pageFaults' | 'majorPageFaults';
