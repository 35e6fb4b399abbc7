import { Buffer } from 'node:buffer';

/** Of one block: large enough that keeping one costs nothing beside what is in it. */
export const BLOCK_BYTES = 64 * 1024;
/** Most blocks that wait to be used again. */
const MAX_FREE = 1024;

/**
 * Memory of one size that serves again. New memory for each piece of a large content has the kernel clear its pages and V8
 * look through its heap for what could be freed, which costs more than the content. What waits is held weakly: it is given
 * back with the next collection.
 */
class Blocks {
  #free = new WeakRef<Buffer[]>([]);

  /** BLOCK_BYTES, of any content. */
  take(): Buffer {
    return this.#free.deref()?.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** Nobody looks at `block` any more. Need not be called. */
  giveBack(block: Buffer): void {
    let free = this.#free.deref();
    if (free === undefined) {
      free = [];
      this.#free = new WeakRef(free);
    }
    if (free.length < MAX_FREE) free.push(block);
  }
}

export const blocks = new Blocks();
