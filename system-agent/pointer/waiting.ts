import type { PointerButton } from '#protocol/ipc/messages/pointer.ts';

interface Pressing {
  readonly pressed: ReadonlySet<PointerButton>;
}

/** Presses and releases that nobody takes; a person needs half a minute for so many. */
export const MAX_WAITING = 256;

/**
 * Frames that a slow device or session has not taken yet. A move takes the place of the move before it; a press or a
 * release is never merged with anything, or clicks would be lost or dragged elsewhere. When too many wait, their taker
 * hangs: then the newest takes the place of the last, so that at least nothing stays pressed in the end.
 */
export class WaitingFrames<Frame extends Pressing> {
  /** Frames for which there was no room. */
  lost = 0;
  #frames: Frame[] = [];
  /** Of the last that was taken. */
  #pressed: ReadonlySet<PointerButton> = new Set();

  get length(): number {
    return this.#frames.length;
  }

  get next(): Frame | undefined {
    return this.#frames[0];
  }

  add(frame: Frame): void {
    const last = this.#frames.at(-1);
    const isMove = last !== undefined && same(frame.pressed, last.pressed);
    if (isMove && same(last.pressed, this.#frames.at(-2)?.pressed ?? this.#pressed)) this.#frames.pop();
    else if (this.#frames.length >= MAX_WAITING) {
      this.#frames.pop();
      this.lost++;
    }
    this.#frames.push(frame);
  }

  /** The first ones, which are forgotten. */
  take(count: number): readonly Frame[] {
    const taken = this.#frames.splice(0, count);
    this.#pressed = taken.at(-1)?.pressed ?? this.#pressed;
    return taken;
  }
}

function same(a: ReadonlySet<PointerButton>, b: ReadonlySet<PointerButton>): boolean {
  return a.size === b.size && [...a].every((button) => b.has(button));
}
