import { ByteCollector } from '#shared/bytes/collector.ts';
import type { Output } from './exec.ts';

/** Of each stream, as with QEMU's agent; what comes after is read and dropped. */
export const MAX_CAPTURED = 16 * 1024 * 1024;

/** Memory for captured output of all programs together. */
export interface Budget {
  /** @returns false when that many bytes more cannot be kept */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** What a program has written to one of its outputs so far. */
export class KeptOutput {
  readonly #collector = new ByteCollector(MAX_CAPTURED);
  #truncated = false;

  constructor(private readonly budget: Budget) {}

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(0, MAX_CAPTURED - this.#collector.length);
    const fits = !this.#truncated && this.budget.take(part.length);
    if (fits) this.#collector.add(part);
    this.#truncated ||= !fits || part.length < bytes.length;
  }

  /** @returns undefined when nothing was written */
  take(): Output | undefined {
    const bytes = this.#collector.take();
    this.budget.give(bytes.length);
    return bytes.length === 0 ? undefined : { bytes, truncated: this.#truncated };
  }
}
