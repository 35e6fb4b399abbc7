import { type PointerLayout, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { MOUSE_BUTTONS, type MouseButton, type MouseState } from '#protocol/vdagent/messages/mouse-state.ts';
import type { Log } from '#shared/log/log.ts';
import type { Pointer } from '../pointer/pointer.ts';
import { SessionPointer } from '../pointer/session-pointer.ts';
import type { ServedAgent, SessionAgent } from '../session-link/session-link.ts';

/**
 * The host's pointer becomes the guest's, on the displays that the served session says there are: by the device, or
 * where there is none by the session's agent. What is held when a session is left or locked is let go there, and counts
 * in the next one only after the client has let go of it too (D10).
 */
export class Mouse {
  readonly #pointer: Pointer;
  readonly #mayUseSession: boolean;
  readonly #log: Log;
  #served: ServedAgent | undefined;
  #agent: SessionAgent | undefined;
  #layout: Disposable | undefined;
  #session: Pointer | undefined;
  /** What the client holds, and what of that it held before. */
  #held: ReadonlySet<MouseButton> = new Set();
  readonly #stale = new Set<MouseButton>();

  /** @param mayUseSession where there is no device, the session's agent may move the pointer */
  constructor(pointer: Pointer, mayUseSession: boolean, log: Log) {
    this.#pointer = pointer;
    this.#mayUseSession = mayUseSession;
    this.#log = log;
  }

  /** Hosts are to be told that there is a pointer. It changes with the session. */
  get isAvailable(): boolean {
    return this.#target !== undefined;
  }

  /** The layout of a session that has gone stays until another one says its own: the displays are still there. */
  serve(served: ServedAgent | undefined): void {
    if (isLeft(this.#served, served)) this.#letGo();
    this.#served = served;
    const agent = served?.agent;
    if (agent === this.#agent) return;
    this.#layout?.[Symbol.dispose]();
    this.#agent = agent;
    this.#session = agent?.has('pointer.put') ? new SessionPointer(agent.link, this.#log) : undefined;
    this.#layout = agent?.link.on(pointerLayout, (layout) => this.#arrange(layout));
  }

  state({ x, y, buttons, displayId }: MouseState): void {
    this.#held = new Set([...MOUSE_BUTTONS].filter(([, mask]) => (buttons & mask) !== 0).map(([button]) => button));
    for (const button of this.#stale) if (!this.#held.has(button)) this.#stale.delete(button);
    const pressed = new Set([...this.#held].filter((button) => !this.#stale.has(button)));
    this.#target?.put({ display: displayId, x, y, pressed });
  }

  clientGone(): void {
    this.#target?.release();
    this.#held = new Set();
    this.#stale.clear();
  }

  get #target(): Pointer | undefined {
    if (this.#pointer.isAvailable) return this.#pointer;
    return this.#mayUseSession ? this.#session : undefined;
  }

  #arrange(layout: PointerLayout): void {
    this.#pointer.arrange(layout);
    this.#session?.arrange(layout);
  }

  #letGo(): void {
    this.#target?.release();
    for (const button of this.#held) this.#stale.add(button);
  }
}

/** An agent that comes into a session that runs already leaves nothing: somebody may be dragging a window. */
function isLeft(before: ServedAgent | undefined, now: ServedAgent | undefined): boolean {
  if (before === undefined) return false;
  return before.session.id !== now?.session.id || (now.session.locked && !before.session.locked);
}
