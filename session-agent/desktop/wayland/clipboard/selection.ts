import type { ClipboardType } from '#protocol/ipc/messages/clipboard.ts';
import type { Content } from '#shared/bytes/flow.ts';
import type { Offered } from './offered.ts';
import type { Offering } from './offering.ts';

/** What is told of one selection; see ClipboardListener. */
export interface SelectionListener {
  took(): void;
  copied(types: readonly ClipboardType[]): void;
  cleared(): void;
}

/** What a selection needs of the device that it belongs to. */
export interface SelectionDevice {
  /** Puts ours into the selection. */
  set(offering: Offering): void;
  /** What the compositor told before it dealt with our last request has been heard. */
  settled(): Promise<void>;
}

/**
 * One selection: what somebody offers in it, or what we do.
 *
 * The compositor's word is the last one, except while a change of ours is on its way: what it told before it dealt with
 * that is history, and acting on it would take the clipboard back from the host. Who owns it is looked at when the change
 * has settled: we do, unless our offer was cancelled. Our own offer, which is told to us too, is known by its mark.
 */
export class WaylandSelection implements Disposable {
  #offered: Offered | undefined;
  #offering: Offering | undefined;
  #changes = 0;
  #listener: SelectionListener | undefined;

  constructor(
    private readonly device: SelectionDevice,
    private readonly mark: string,
  ) {}

  watch(listener: SelectionListener | undefined): void {
    this.#listener = listener;
    if (listener !== undefined) this.#tell();
  }

  /** The compositor says what is offered now. */
  changed(offered: Offered | undefined): void {
    this.#offered?.destroy();
    this.#offered = offered;
    if (this.#changes === 0) this.#tell();
  }

  /** See ClipboardPort.read. */
  async read(type: ClipboardType, maxBytes: number, signal: AbortSignal): Promise<Content | undefined> {
    return this.#offered?.read(type, maxBytes, signal);
  }

  /** See ClipboardPort.offer. @param begin makes the offer, and is told whom to call when it is cancelled */
  async offer(begin: (cancelled: () => void) => Offering): Promise<void> {
    const former = this.#offering;
    const offering = begin(() => {
      if (this.#offering === offering) this.#offering = undefined;
    });
    this.#offering = offering;
    this.device.set(offering);
    former?.destroy(); // not before: between the two the selection would be empty
    this.#changes++;
    try {
      await this.device.settled();
    } finally {
      this.#changes--;
    }
    if (this.#changes > 0) return;
    if (this.#offering === undefined) this.#tell();
    else this.#forget();
  }

  /** Only ours goes: the compositor knows whether it is still the one. */
  withdraw(): void {
    const offering = this.#offering;
    this.#offering = undefined;
    offering?.destroy();
  }

  [Symbol.dispose](): void {
    this.#listener = undefined;
    this.withdraw();
    this.#forget();
  }

  #tell(): void {
    if (this.#offered?.has(this.mark)) return this.#forget();
    const types = this.#offered?.types;
    if (types !== undefined) this.#listener?.took();
    if (types === undefined || types.length === 0) this.#listener?.cleared();
    else this.#listener?.copied(types);
  }

  #forget(): void {
    this.#offered?.destroy();
    this.#offered = undefined;
  }
}
