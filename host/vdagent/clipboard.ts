import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import type { ClipboardType, Selection } from '#protocol/vdagent/messages/clipboard.ts';
import type { MessageName, Received, Sent } from '#protocol/vdagent/messages/index.ts';

/** What a client offers: bytes of each type. */
export type Content = ReadonlyMap<ClipboardType, Uint8Array>;

/** A message to send to the guest. */
export type Outgoing = { [Name in MessageName]: OutgoingOf<Name> }[MessageName];

interface OutgoingOf<Name extends MessageName> {
  readonly name: Name;
  readonly fields: Sent<Name>;
}

interface SelectionState {
  /** Of the next grab, whoever makes it. */
  serial: number;
  /** What the guest offers, if it is the owner. */
  offered: readonly ClipboardType[] | undefined;
  /** What the client offers, if it is the owner. */
  content: Content | undefined;
}

const NOTHING = new Uint8Array();

/**
 * The client's end of the clipboard: per selection one owner or none, contents on demand, and grabs that are numbered so
 * that of two at once the client's wins. Only decides; whoever holds it sends what it returns.
 */
export class ClientClipboard {
  readonly #states = new Map<Selection, SelectionState>();
  /** Grabs that came too late, and messages for a state that is over: counted, otherwise ignored. */
  stale = 0;

  /** The guest is new, or says that it is: nobody owns anything, grabs count from 0. */
  reset(): void {
    this.#states.clear();
  }

  /** What the guest offers; undefined if it is not the owner. */
  offered(selection: Selection): readonly ClipboardType[] | undefined {
    return this.#states.get(selection)?.offered;
  }

  /** @param layout what both sides announced */
  grab(selection: Selection, content: Content, layout: Capabilities): Outgoing {
    const state = this.#state(selection);
    const { serial } = state;
    state.serial = next(serial);
    state.content = content;
    state.offered = undefined;
    const types = [...content.keys()];
    const isNumbered = layout.has('clipboard-grab-serial');
    return { name: 'clipboard-grab', fields: { selection, types, ...(isNumbered && { serial }) } };
  }

  /** @returns false for a grab that lost against ours */
  grabbed({ selection, serial, types }: Received<'clipboard-grab'>): boolean {
    const state = this.#state(selection);
    if (serial !== undefined) {
      if (serial !== state.serial) {
        this.stale++;
        return false;
      }
      state.serial = next(serial);
    }
    state.content = undefined;
    state.offered = types;
    return true;
  }

  released({ selection }: Received<'clipboard-release'>): void {
    this.#state(selection).offered = undefined;
  }

  /** Each request has exactly one answer. @returns it */
  requested({ selection, type }: Received<'clipboard-request'>): OutgoingOf<'clipboard'> {
    const data = type === 'unknown' ? undefined : this.#states.get(selection)?.content?.get(type);
    if (type === 'unknown' || data === undefined) {
      return { name: 'clipboard', fields: { selection, type: 'none', data: NOTHING } };
    }
    return { name: 'clipboard', fields: { selection, type, data } };
  }

  #state(selection: Selection): SelectionState {
    const known = this.#states.get(selection);
    if (known) return known;
    const state: SelectionState = { serial: 0, offered: undefined, content: undefined };
    this.#states.set(selection, state);
    return state;
  }
}

/** A u32 that goes round. */
function next(serial: number): number {
  return (serial + 1) >>> 0;
}
