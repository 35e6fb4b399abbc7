import type { PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import type { InputEvent } from './input-event.ts';

/** In the order of their events. The wheel has "buttons" too: one press is one notch. */
export const POINTER_BUTTONS = ['left', 'middle', 'right', 'side', 'extra', 'wheel-up', 'wheel-down'] as const;
export type PointerButton = (typeof POINTER_BUTTONS)[number];

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
  /** Moves and presses. Each call is one frame of events, so that no press between two moves is lost. */
  put(state: PointerState): void;
  /** Lets go of every button that is held: who held it is gone. */
  release(): void;
}

/** Takes the events of a pointing device with axes from 0 to AXIS_MAX. */
export interface PointerDevice {
  /** A frame that cannot be delivered now is dropped. @throws {Error} errno error: the device is of no use any more */
  write(events: readonly InputEvent[]): void;
  close(): void;
}

/** The system's part of the pointer. */
export interface PointerSystem {
  /** @throws {AgentError} 'unsupported' where there is none or no right to make one, 'refused' */
  create(): PointerDevice;
  /** Where the displays are as far as the system itself knows, before a session has said it; undefined: it does not. */
  layout(): PointerLayout | undefined;
}
