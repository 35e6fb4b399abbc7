import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { PointerButton } from '#protocol/ipc/messages/pointer.ts';
import type { InputEvent } from './input-event.ts';

/** What a host says of its pointer. */
export interface PointerState {
  /** Number of the display that the position is relative to. */
  readonly display: number;
  /** Pixels from its top left; beyond its edge means at the edge. */
  readonly x: number;
  readonly y: number;
  readonly pressed: ReadonlySet<PointerButton>;
}

/** The guest's pointer, moved to absolute places. */
export interface Pointer {
  /** False: there is no device, and hosts are to be told so. */
  readonly isAvailable: boolean;
  /** Where the displays are from now on. */
  arrange(layout: PointerLayout): void;
  /** Moves and presses. Of moves that nobody has taken yet only the last counts; presses and releases all do. */
  put(state: PointerState): void;
  /** Lets go of every button that is held: who held it is gone. */
  release(): void;
}

/** Takes the events of a pointing device with axes from 0 to AXIS_MAX. */
export interface PointerDevice {
  /**
   * One frame, whole or not at all.
   * @returns false when it cannot be taken now; there is no event for when it can
   * @throws {Error} errno error: the device is of no use any more
   */
  write(events: readonly InputEvent[]): boolean;
  close(): void;
}

/** The system's part of the pointer. */
export interface PointerSystem {
  /** @throws {AgentError} 'unsupported' where there is none or no right to make one, 'refused' */
  create(): PointerDevice;
  /** Where the displays are as far as the system itself knows, before a session has said it; undefined: it does not. */
  layout(): PointerLayout | undefined;
}
