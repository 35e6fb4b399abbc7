import assert from 'node:assert/strict';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import { decodeMessage } from '#protocol/vdagent/messages/index.ts';
import { type Chance, cut, fuzz, malformed, mutate, pick, randomBytes } from '#test/support/fuzz.ts';
import { goldenFiles } from '#test/support/golden.ts';

const CAPABILITIES: Capability[] = ['clipboard-selection', 'clipboard-grab-serial', 'file-xfer-detailed-errors'];
const dialogue = Buffer.concat(goldenFiles('vdagent').map((golden) => Buffer.from(golden.hex, 'hex')));

/** Events, and at their end the error if there was one. */
function read(from: 'host' | 'guest', parts: readonly Uint8Array[]): unknown[] {
  const reader = new MessageReader({ from, maxClipboardBytes: 1000 });
  const seen: unknown[] = [];
  try {
    for (const part of parts) reader.push(part, (event) => seen.push(event));
  } catch (error) {
    seen.push(malformed(error));
  }
  return seen;
}

/** A stream whose chunks are right, and whose bodies and types are anything. */
function messages(chance: Chance): Uint8Array {
  return Buffer.concat(
    Array.from({ length: 1 + chance(4) }, () =>
      encodeMessage(pick(['client', 'server'], chance), chance(18), randomBytes(chance(60), chance)),
    ),
  );
}

fuzz('a vdagent stream with wrong bytes gives the same events however it is cut, or ends as malformed', (chance) => {
  const from = pick(['host', 'guest'] as const, chance);
  const bytes = pick([() => dialogue, () => messages(chance), () => randomBytes(chance(100), chance)], chance)();
  const wrong = mutate(bytes, chance);
  assert.deepEqual(read(from, cut(wrong, chance)), read(from, [wrong]));
});

fuzz('a vdagent body of any bytes is a message or is ignored', (chance) => {
  // Small numbers in the fields, so that counts and lengths are sometimes right.
  const body = Buffer.from(randomBytes(chance(80), chance).map((byte) => (chance(3) === 0 ? byte : byte % 4)));
  const peer = new Set(CAPABILITIES.filter(() => chance(2) === 0));
  const message = decodeMessage(chance(18), body, {
    receiver: pick(['guest', 'host'], chance),
    port: pick(['client', 'server'], chance),
    peer,
  });
  assert.ok(message.name === 'ignored' || message.fields);
});
