import assert from 'node:assert/strict';
import { decodeBase64 } from '#protocol/qga/base64.ts';
import { endOfOrdinary } from '#protocol/qga/ordinary.ts';
import { AgentError } from '#shared/errors.ts';
import { fuzz, pick, randomBytes } from '#test/support/fuzz.ts';

const LETTERS = [...'ABCDwxyz0189+/', '=', '\n'];

fuzz('base64 comes back as the bytes that it was made of, with newlines anywhere', (chance) => {
  const bytes = Buffer.from(randomBytes(chance(300), chance));
  const text = bytes.toString('base64');
  const at = chance(text.length + 1);
  assert.deepEqual(decodeBase64(text), bytes);
  assert.deepEqual(decodeBase64(`${text.slice(0, at)}\n${text.slice(at)}`), bytes);
});

fuzz('whatever the letters are, they are decoded as GLib does it; another character is refused', (chance) => {
  const text = Array.from({ length: chance(40) }, () => pick(LETTERS, chance)).join('');
  assert.deepEqual([...decodeBase64(text)], glibDecode(text));
  const at = chance(text.length + 1);
  const stranger = pick([' ', '\r', '-', '_', '@', 'é', '\0', '😀'], chance);
  assert.throws(() => decodeBase64(text.slice(0, at) + stranger + text.slice(at)), AgentError);
});

fuzz('the end of a run of ordinary bytes is the same wherever the bytes lie in memory', (chance) => {
  const memory = Buffer.alloc(400, 'a');
  const [start, from] = [chance(8), chance(100)];
  const bytes = memory.subarray(start, start + 120 + chance(260));
  for (let count = chance(3); count > 0; count--) bytes[chance(bytes.length)] = chance(256);
  assert.equal(endOfOrdinary(bytes, from), plainEnd(bytes, from));
});

/** g_base64_decode_step, letter by letter. */
function glibDecode(text: string): number[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes: number[] = [];
  let [value, count, before, last] = [0, 0, '', ''];
  for (const letter of text.replaceAll('\n', '')) {
    [before, last] = [last, letter];
    value = (value << 6) | Math.max(0, alphabet.indexOf(letter));
    if (++count < 4) continue;
    bytes.push((value >> 16) & 255);
    if (before !== '=') bytes.push((value >> 8) & 255);
    if (last !== '=') bytes.push(value & 255);
    [value, count] = [0, 0];
  }
  return bytes;
}

function plainEnd(bytes: Buffer, from: number): number {
  const isOrdinary = (byte: number) => byte >= 0x20 && byte < 0x80 && !'"\'\\'.includes(String.fromCharCode(byte));
  let at = from;
  while (at < bytes.length && isOrdinary(bytes[at] ?? 0)) at++;
  return at;
}
