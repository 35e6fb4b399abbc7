import { closeSync } from 'node:fs';
import type { Watch } from './readiness.ts';

/** A watch whose descriptor ends with it. */
export interface OwnedWatch extends Watch {
  /** Whether the descriptor may still be read. */
  readonly open: boolean;
}

/**
 * Takes a descriptor over: it is closed with the watch, or at once when it cannot be watched.
 * @param begin makes it ready and watches it; what it throws comes back to the caller
 */
export function watchOwned(fd: number, begin: (fd: number) => Watch): OwnedWatch {
  let watch: Watch;
  try {
    watch = begin(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let open = true;
  return {
    get open() {
      return open;
    },
    close() {
      if (!open) return;
      open = false;
      watch.close();
      closeSync(fd);
    },
  };
}
