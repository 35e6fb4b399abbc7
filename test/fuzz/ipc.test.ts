import assert from 'node:assert/strict';
import { encodeFrame, FrameReader, type IpcMap } from '#protocol/ipc/framing.ts';
import { formatEnvelope, parseEnvelope } from '#protocol/ipc/message.ts';
import { type Chance, cut, fuzz, malformed, mutate, pick, randomBytes } from '#test/support/fuzz.ts';
import { join, text, u8, u32 } from '#test/support/little-endian.ts';

const dialogue = Buffer.concat([
  formatEnvelope({
    kind: 'request',
    id: 1,
    name: 'hello',
    body: { build: 'x', features: ['a', 'b'], limits: { n: 2n } },
  }),
  formatEnvelope({ kind: 'stream-data', id: 1, body: Buffer.alloc(40, 7) }),
  formatEnvelope({ kind: 'stream-credit', id: 1, body: 70_000 }),
  encodeFrame({ kind: 'later', values: [1.5, -1, null, true, 2 ** 40] }),
]);

/** Frames with what they say, and at their end the error if there was one. */
function read(parts: readonly Uint8Array[]): unknown[] {
  const reader = new FrameReader();
  const seen: unknown[] = [];
  const take = (frame: IpcMap) => {
    assertPlain(frame);
    seen.push(frame, parseEnvelope(frame));
  };
  try {
    for (const part of parts) reader.push(part, take);
  } catch (error) {
    seen.push(malformed(error));
  }
  return seen;
}

/** Nothing but what the link's format has. */
function assertPlain(value: unknown): void {
  if (value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value)) return;
  if (Buffer.isBuffer(value)) return;
  assert.ok(value instanceof Map || Array.isArray(value), String(value));
  for (const member of value.values()) assertPlain(member);
  for (const name of value.keys()) assert.equal(typeof name, value instanceof Map ? 'string' : 'number');
}

/** Any tokens of msgpack inside a frame of the right length, extensions that msgpackr knows among them. */
function tokens(chance: Chance): Uint8Array {
  const content = Array.from({ length: 1 + chance(12) }, () =>
    pick(
      [
        () => u8(0x80 + chance(0x80)),
        () => u8(0xc0 + chance(0x20), chance(4)),
        () => u8(0x81, 0xa1, 0x61),
        () => u8(0x91),
        () => u8(0xd4, pick([0x72, 0x78, 0x70, 0x69, 0x65, 0x73, 0x62, 0x42, 0x74, 0xff], chance), chance(0x80)),
        () => join(u8(0xa4), text('kind')),
        () => u8(chance(0x80)),
      ],
      chance,
    )(),
  );
  const frame = join(u8(0x81, 0xa1, 0x76), ...content);
  return join(u32(frame.length), frame, dialogue);
}

fuzz('a link stream with wrong bytes gives the same plain frames however it is cut, or ends as malformed', (chance) => {
  const bytes = pick([() => dialogue, () => tokens(chance), () => randomBytes(chance(100), chance)], chance)();
  const wrong = chance(4) === 0 ? bytes : mutate(bytes, chance);
  assert.deepEqual(read(cut(wrong, chance)), read([wrong]));
});
