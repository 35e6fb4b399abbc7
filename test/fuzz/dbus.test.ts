import assert from 'node:assert/strict';
import { decode, encode, type Message } from '#shared/dbus/codec.ts';
import { MessageFrames } from '#shared/dbus/frames.ts';
import { Variant } from '#shared/dbus/values.ts';
import { type Chance, cut, fuzz, malformed, mutate, randomBytes } from '#test/support/fuzz.ts';

const signal: Message = {
  type: 'signal',
  serial: 1,
  path: '/org/freedesktop/login1/session/_32',
  interface: 'org.freedesktop.DBus.Properties',
  member: 'PropertiesChanged',
  signature: 'sa{sv}as',
  body: ['org.freedesktop.login1.Session', new Map([['User', new Variant('(uo)', [7, '/a'])]]), ['Active']],
};
const dialogue = Buffer.concat([
  encode({
    type: 'return',
    serial: 2,
    replySerial: 1,
    signature: 'a(susso)ay',
    body: [[['1', 2, 'a', '', '/']], Buffer.alloc(9)],
  }),
  encode(signal),
  encode({ ...signal, signature: 'tdv', body: [2n ** 60n, 0.5, new Variant('aav', [[new Variant('y', 1)]])] }),
]);

/** Messages, and at their end the error if there was one. */
function read(parts: readonly Uint8Array[]): unknown[] {
  const frames = new MessageFrames();
  const seen: unknown[] = [];
  try {
    for (const part of parts) frames.push(part, (frame) => seen.push(decode(frame)));
  } catch (error) {
    seen.push(malformed(error));
  }
  return seen;
}

function check(bytes: Uint8Array, chance: Chance): void {
  assert.deepEqual(read(cut(bytes, chance)), read([bytes]));
}

fuzz('random bytes are no bus', (chance) => check(randomBytes(chance(200), chance), chance));
fuzz('a damaged bus ends in messages or malformed, the same however it is cut', (chance) =>
  check(mutate(dialogue, chance), chance),
);
