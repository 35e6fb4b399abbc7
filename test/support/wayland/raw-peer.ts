import { readdirSync } from 'node:fs';
import type { Interface } from '#protocol/wayland/interface.ts';
import { decodeArguments, encodeMessage, Frames, type WireValue } from '#protocol/wayland/wire.ts';
import { WaylandConnection } from '#session-agent/desktop/wayland/connection.ts';
import { WaylandSocket } from '#session-agent/desktop/wayland/socket.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { unixPair } from '#shared/native/unix-socket.ts';

/** A connection, and at its other end a compositor that says what a test wants. */
export class RawPeer implements Disposable {
  readonly connection: WaylandConnection;
  readonly log = new MemoryLog();
  readonly socket: WaylandSocket;
  /** Heads of what we were asked: object, opcode, body. */
  readonly asked: { readonly object: number; readonly opcode: number; readonly body: Buffer }[] = [];

  constructor() {
    const [ours, theirs] = unixPair();
    const frames = new Frames();
    this.socket = new WaylandSocket(theirs, {
      onBytes: (bytes) =>
        frames.push(bytes, ({ object, opcode, body }) => this.asked.push({ object, opcode, body: Buffer.from(body) })),
      onLost: () => {},
    });
    this.connection = new WaylandConnection(ours, this.log);
  }

  say(object: number, of: Interface, event: string, values: readonly WireValue[], fd?: number): void {
    const shape = Object.values(of.events[event]?.args ?? {});
    this.socket.send(encodeMessage(object, Object.keys(of.events).indexOf(event), shape, values), fd);
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
    this.socket.close();
  }
}

/** First argument of a request that has one number. */
export function idIn(body: Buffer): number {
  return Number(decodeArguments(body.subarray(0, 4), ['uint'], () => undefined)[0]);
}

export function openNow(): number {
  return readdirSync('/proc/self/fd').length;
}
