import { type Content, Flow, type FlowReader } from '#shared/bytes/flow.ts';
import { Bell } from '../../bell.ts';
import { PROPERTY_CHANGE, STRUCTURE_NOTIFY, type XConnection } from '../connection.ts';

/** Largest property that is given whole: below every server's limit for one request. */
export const PART_BYTES = 240 * 1024;
/** Most in one part, where the server has long requests: each part costs the application a round trip. */
const MOST_BYTES = 1024 * 1024;
/** A requestor that does not take the next part within this is gone. */
const IDLE_MS = 10_000;
/** Nor is a source waited for that brings nothing for so long. */
const SOURCE_MS = 35_000;
/** Transfers in parts at the same time. */
const MAX_TRANSFERS = 16;
const REPLACE = 0;
const DELETED = 1;

interface Transfer {
  readonly requestor: number;
  readonly property: number;
  /** Atom of the content's type. */
  readonly type: number;
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
  async put(requestor: number, property: number, type: number, content: Content): Promise<boolean> {
    const flow = content instanceof Flow ? content : Flow.of(content);
    if (flow.isWhole && flow.length <= PART_BYTES) {
      this.#x.putBytes(requestor, property, type, flow.parts);
      return true;
    }
    const rest = flow.read();
    const isBegun = await this.#begin(requestor, property, type, flow, rest);
    if (!isBegun) rest.stop();
    return isBegun;
  }

  close(): void {
    this.#listening[Symbol.dispose]();
    for (const one of this.#transfers) {
      if (this.#x.alive) this.#breakOff(one);
      one.abort.abort();
    }
  }

  async #begin(requestor: number, property: number, type: number, flow: Flow, rest: FlowReader): Promise<boolean> {
    for (const one of this.#transfers) {
      if (one.requestor === requestor && one.property === property) one.abort.abort();
    }
    if (this.#transfers.size >= MAX_TRANSFERS) return false;
    const transfer: Transfer = { requestor, property, type, bell: new Bell(), abort: new AbortController() };
    this.#transfers.add(transfer);
    try {
      await this.#watch(requestor, PROPERTY_CHANGE | STRUCTURE_NOTIFY);
    } catch {
      this.#transfers.delete(transfer);
      return false;
    }
    this.#x.client.ChangeProperty(REPLACE, requestor, property, this.#incr, 32, [flow.length]);
    void this.#send(transfer, flow, rest);
    return true;
  }

  /** Never rejects. The empty part at the end says that it is the end. */
  async #send(transfer: Transfer, flow: Flow, rest: FlowReader): Promise<void> {
    const { requestor, property, type, bell, abort } = transfer;
    while ((await bell.heard(IDLE_MS, abort.signal)) && this.#x.alive) {
      if (this.#x.isFlushed) rest.release(); // the server has the former part, and the application has taken it
      const hasMore = await hasCome(flow, rest, abort.signal);
      if (!this.#x.alive) break;
      if (!hasMore && !abort.signal.aborted) this.#breakOff(transfer);
      if (!hasMore) break;
      const parts = take(rest, Math.min(MOST_BYTES, this.#x.maxPropertyBytes));
      this.#x.putBytes(requestor, property, type, parts);
      if (parts.length === 0) break;
    }
    rest.stop();
    this.#transfers.delete(transfer);
    const isLast = ![...this.#transfers].some((one) => one.requestor === requestor);
    if (isLast && this.#x.alive) await this.#watch(requestor, 0).catch(() => {});
  }

  /**
   * The rest does not come, for which INCR has no word. A part is told of that is gone before anybody can look: toolkits take
   * that for a failure, and programs that look at the length alone, as xclip does, for the end. So nobody waits.
   */
  #breakOff({ requestor, property, type }: Transfer): void {
    const { client } = this.#x;
    client.GrabServer();
    this.#x.putBytes(requestor, property, type, []);
    client.DeleteProperty(requestor, property);
    client.UngrabServer();
  }

  /** @throws {AgentError} 'failed' when the window is gone */
  #watch(window: number, eventMask: number): Promise<void> {
    return this.#x.ask('watching an application', (client, done) =>
      client.ChangeWindowAttributes(window, { eventMask }, done),
    );
  }
}

/** @returns whether the next part, or the end, is there */
async function hasCome(flow: Flow, rest: FlowReader, signal: AbortSignal): Promise<boolean> {
  const isDue = () => flow.hasEnded || rest.available >= PART_BYTES;
  if (!isDue()) {
    const bell = new Bell();
    using _listening = flow.onNews(() => {
      if (isDue()) bell.ring();
    });
    if (!(await bell.heard(SOURCE_MS, signal))) return false;
  }
  return flow.failure === undefined;
}

/** What has come, at most `maxBytes`. */
function take(rest: FlowReader, maxBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let room = maxBytes; room > 0 && rest.available > 0; ) {
    const part = rest.take(room);
    parts.push(part);
    room -= part.length;
  }
  return parts;
}
