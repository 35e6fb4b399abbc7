import type { Buffer } from 'node:buffer';
import { Bell } from '../bell.ts';
import { PROPERTY_CHANGE, STRUCTURE_NOTIFY, type XConnection } from '../connection.ts';

/** Largest property that is given whole: below the server's limit for one request, and what is fastest. */
export const PART_BYTES = 240 * 1024;
/** A requestor that does not take the next part within this is gone. */
const IDLE_MS = 10_000;
/** Transfers in parts at the same time. */
const MAX_TRANSFERS = 16;
const REPLACE = 0;
const DELETED = 1;

interface Transfer {
  readonly requestor: number;
  readonly property: number;
  readonly bell: Bell;
  readonly abort: AbortController;
}

/** Puts content into properties of applications that paste, in parts when it is large (ICCCM 2.5, INCR 2.7.2). */
export class PropertySender {
  readonly #x: XConnection;
  readonly #incr: number;
  readonly #transfers = new Set<Transfer>();
  readonly #listening: Disposable;

  constructor(x: XConnection, incr: number) {
    this.#x = x;
    this.#incr = incr;
    this.#listening = x.listen((event) => {
      if (event.name === 'PropertyNotify' && event.state === DELETED) {
        for (const one of this.#transfers) {
          if (one.requestor === event.wid && one.property === event.atom) one.bell.ring();
        }
      } else if (event.name === 'DestroyNotify') {
        for (const one of this.#transfers) if (one.requestor === event.wid) one.abort.abort();
      }
    });
  }

  /**
   * @param type atom of the property's type
   * @returns false if nothing was put there; else the requestor is to be notified now, further parts follow by themselves
   */
  async put(requestor: number, property: number, type: number, bytes: Buffer): Promise<boolean> {
    if (bytes.length <= PART_BYTES) {
      this.#x.client.ChangeProperty(REPLACE, requestor, property, type, 8, bytes);
      return true;
    }
    for (const one of this.#transfers) {
      if (one.requestor === requestor && one.property === property) one.abort.abort();
    }
    if (this.#transfers.size >= MAX_TRANSFERS) return false;
    const transfer: Transfer = { requestor, property, bell: new Bell(), abort: new AbortController() };
    this.#transfers.add(transfer);
    try {
      await this.#watch(requestor, PROPERTY_CHANGE | STRUCTURE_NOTIFY);
    } catch {
      this.#transfers.delete(transfer);
      return false;
    }
    this.#x.client.ChangeProperty(REPLACE, requestor, property, this.#incr, 32, [bytes.length]);
    void this.#send(transfer, type, bytes);
    return true;
  }

  close(): void {
    this.#listening[Symbol.dispose]();
    for (const one of this.#transfers) one.abort.abort();
  }

  /** Never rejects. The empty part at the end says that it is the end. */
  async #send(transfer: Transfer, type: number, bytes: Buffer): Promise<void> {
    const { requestor, property, bell, abort } = transfer;
    for (
      let at = 0, ended = false;
      !ended && (await bell.heard(IDLE_MS, abort.signal)) && this.#x.alive;
      at += PART_BYTES
    ) {
      const part = bytes.subarray(at, at + PART_BYTES);
      this.#x.client.ChangeProperty(REPLACE, requestor, property, type, 8, part);
      ended = part.length === 0;
    }
    this.#transfers.delete(transfer);
    const isLast = ![...this.#transfers].some((one) => one.requestor === requestor);
    if (isLast && this.#x.alive) await this.#watch(requestor, 0).catch(() => {});
  }

  /** @throws {AgentError} 'failed' when the window is gone */
  #watch(window: number, eventMask: number): Promise<void> {
    return this.#x.ask('watching an application', (client, done) =>
      client.ChangeWindowAttributes(window, { eventMask }, done),
    );
  }
}
