import { pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { MOUSE_BUTTONS, type MouseState } from '#protocol/vdagent/messages/mouse-state.ts';
import type { Pointer } from '../pointer/pointer.ts';
import type { SessionAgent } from '../session-link/session-link.ts';

/** The host's pointer becomes the guest's, on the displays that the served session says there are. */
export class Mouse {
  #agent: SessionAgent | undefined;
  #layout: Disposable | undefined;

  constructor(private readonly pointer: Pointer) {}

  /** The layout of a session that has gone stays until another one says its own: the displays are still there. */
  serve(agent: SessionAgent | undefined): void {
    if (agent === this.#agent) return;
    this.#layout?.[Symbol.dispose]();
    this.#agent = agent;
    this.#layout = agent?.link.on(pointerLayout, (layout) => this.pointer.arrange(layout));
  }

  /** One event for each message, or a click between two moves would be lost. */
  state({ x, y, buttons, displayId }: MouseState): void {
    const pressed = new Set([...MOUSE_BUTTONS].filter(([, mask]) => (buttons & mask) !== 0).map(([button]) => button));
    this.pointer.put({ display: displayId, x, y, pressed });
  }

  clientGone(): void {
    this.pointer.release();
  }
}
