import type { Link } from '#protocol/ipc/link.ts';
import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import {
  MAX_POINTER_FRAMES,
  type PointerButton,
  type PointerFrame,
  pointerPut,
} from '#protocol/ipc/messages/pointer.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { type Place, pixelOf } from './place.ts';
import type { Pointer, PointerState } from './pointer.ts';
import { WaitingFrames } from './waiting.ts';

/** A display may be busy for a while; what is put then comes late or not at all. */
const PUT_MS = 5_000;
/** Requests without an answer: one travels while another is carried out. */
const MAX_CALLS = 4;
/** What X coordinates hold. */
const MAX_PIXEL = 0x7fff;

interface Frame {
  readonly place: Place;
  readonly pressed: ReadonlySet<PointerButton>;
}

const NOTHING: ReadonlySet<PointerButton> = new Set();

/**
 * The pointer of one session, moved by its agent: for systems without a device of ours. It knows no display before the
 * session has said where they are, and lives as long as the session is served; then the session lets go by itself.
 */
export class SessionPointer implements Pointer {
  readonly isAvailable = true;
  readonly #link: Link;
  readonly #log: Log;
  readonly #waiting = new WaitingFrames<Frame>();
  #layout: PointerLayout | undefined;
  #last: Frame | undefined;
  #calls = 0;
  #hasWarned = false;

  constructor(link: Link, log: Log) {
    this.#link = link;
    this.#log = log;
  }

  arrange(layout: PointerLayout): void {
    this.#layout = layout;
  }

  put({ display, x, y, pressed }: PointerState): void {
    const pixel = this.#layout && pixelOf(this.#layout, display, x, y);
    if (pixel === undefined) return;
    this.#show({ place: { x: Math.min(pixel.x, MAX_PIXEL), y: Math.min(pixel.y, MAX_PIXEL) }, pressed });
  }

  release(): void {
    const last = this.#last;
    if (last !== undefined && last.pressed.size > 0) this.#show({ ...last, pressed: NOTHING });
  }

  #show(frame: Frame): void {
    this.#last = frame;
    this.#waiting.add(frame);
    this.#send();
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#calls < MAX_CALLS) {
      const frames = this.#waiting.take(MAX_POINTER_FRAMES);
      this.#calls++;
      void this.#put(frames.map(({ place, pressed }) => ({ ...place, pressed: [...pressed] })));
    }
  }

  /** Never rejects. */
  async #put(frames: readonly PointerFrame[]): Promise<void> {
    try {
      await this.#link.call(pointerPut, { frames }, PUT_MS);
    } catch (error) {
      this.#warn(error);
    }
    this.#calls--;
    this.#send();
  }

  /** Once: it is moved a hundred times a second. */
  #warn(error: unknown): void {
    if (this.#hasWarned || (error instanceof AgentError && error.code === 'cancelled')) return;
    this.#hasWarned = true;
    this.#log.warn('the session does not move its pointer', { reason: messageOf(error) });
  }
}
