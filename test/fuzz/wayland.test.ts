import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { wlDisplay } from '#protocol/wayland/core.ts';
import { extDataControl } from '#protocol/wayland/data-control.ts';
import { eventOf, type Interface } from '#protocol/wayland/interface.ts';
import { decodeArguments, encodeMessage, FIRST_SERVER_ID, Frames, type WireValue } from '#protocol/wayland/wire.ts';
import { makePipe } from '#shared/native/pipe.ts';
import { type Chance, cut, fuzz, malformed, mutate, randomBytes } from '#test/support/fuzz.ts';
import { openNow, RawPeer } from '#test/support/wayland/raw-peer.ts';

const { device, offer, source } = extDataControl;

/** As the connection in `rounds` numbers them. */
const OBJECTS: ReadonlyMap<number, Interface> = new Map<number, Interface>([
  [1, wlDisplay],
  [2, device],
  [3, source],
  [FIRST_SERVER_ID, offer],
]);

function say(object: number, event: string, values: readonly WireValue[]): Buffer {
  const { events }: Interface = OBJECTS.get(object) ?? wlDisplay;
  const shape = Object.values(events[event]?.args ?? {});
  return encodeMessage(object, Object.keys(events).indexOf(event), shape, values);
}

const dialogue = Buffer.concat([
  say(2, 'data_offer', [FIRST_SERVER_ID]),
  say(FIRST_SERVER_ID, 'offer', ['text/plain;charset=utf-8']),
  say(FIRST_SERVER_ID, 'offer', ['image/png']),
  say(2, 'selection', [FIRST_SERVER_ID]),
  say(3, 'send', ['text/plain', 0]),
  say(3, 'cancelled', []),
  say(2, 'primary_selection', [undefined]),
  say(1, 'delete_id', [9]),
  say(2, 'finished', []),
]);

/** Messages, and at their end the error if there was one. */
function read(parts: readonly Uint8Array[]): unknown[] {
  const frames = new Frames();
  const seen: unknown[] = [];
  try {
    for (const part of parts) {
      frames.push(Buffer.from(part), ({ object, opcode, body }) => {
        const shape = eventOf(OBJECTS.get(object) ?? wlDisplay, opcode);
        seen.push(shape && decodeArguments(body, Object.values(shape.args), (count) => Array(count).fill(7)));
      });
    }
  } catch (error) {
    seen.push(malformed(error));
  }
  return seen;
}

function check(bytes: Uint8Array, chance: Chance): void {
  assert.deepEqual(read(cut(bytes, chance)), read([bytes]));
}

fuzz('random bytes are no compositor', (chance) => check(randomBytes(chance(200), chance), chance));
fuzz('a damaged compositor ends in messages or malformed, the same however it is cut', (chance) =>
  check(mutate(dialogue, chance), chance),
);

fuzz('a connection outlives a damaged compositor without a descriptor more', async (chance) => {
  const before = openNow();
  {
    using peer = new RawPeer();
    const one = peer.connection.create(device, 1);
    const two = peer.connection.create(source, 1);
    if (chance(2) === 0) one.listen({ data_offer: ({ id }) => id.listen({ offer: () => {} }), selection: () => {} });
    two.listen({ send: ({ fd }) => closeSync(fd), cancelled: () => two.send('destroy', {}) });
    for (const part of cut(mutate(dialogue, chance), chance)) {
      const bytes = Buffer.from(part);
      if (bytes.length === 0) continue;
      peer.socket.send(bytes, chance(3) === 0 ? halfPipe() : undefined);
    }
    await turn();
    await turn();
  }
  await turn();
  assert.equal(openNow(), before);
});

function halfPipe(): number {
  const { readEnd, writeEnd } = makePipe('readEnd');
  closeSync(readEnd);
  return writeEnd;
}
