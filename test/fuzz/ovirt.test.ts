import assert from 'node:assert/strict';
import { OvirtReader } from '#protocol/ovirt/message.ts';
import { type Chance, cut, fuzz, mutate, pick, randomBytes } from '#test/support/fuzz.ts';
import { goldenFiles } from '#test/support/golden.ts';

const dialogue = Buffer.concat(goldenFiles('ovirt').map((golden) => Buffer.from(golden.hex, 'hex')));
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  '"__name__"',
  '"__proto__"',
  '"a"',
  '\\ud800',
  '1e999',
  '-0',
  '\n',
  'é',
];

function pieces(chance: Chance): Uint8Array {
  const value = Array.from({ length: chance(12) }, () => pick(PIECES, chance)).join('');
  return Buffer.from(`{"__name__":"a","b":${value}}\n`);
}

fuzz('an oVirt stream with wrong bytes gives the same events however it is cut, and never throws', (chance) => {
  const from = pick(['host', 'guest'] as const, chance);
  const bytes = pick([() => dialogue, () => pieces(chance), () => randomBytes(chance(100), chance)], chance)();
  const wrong = chance(4) === 0 ? bytes : mutate(bytes, chance);
  const reader = new OvirtReader(from);
  assert.deepEqual(
    cut(wrong, chance).flatMap((part) => reader.push(part)),
    new OvirtReader(from).push(wrong),
  );
});

fuzz('after any bytes and a line end, the next oVirt message is read', (chance) => {
  const reader = new OvirtReader('guest');
  reader.push(mutate(pieces(chance), chance));
  reader.push(randomBytes(chance(200), chance));
  reader.push(Buffer.from('\n'));
  assert.deepEqual(reader.push(Buffer.from('{"__name__":"echo"}\n')), [
    { kind: 'message', message: { name: 'echo', members: new Map() } },
  ]);
});
