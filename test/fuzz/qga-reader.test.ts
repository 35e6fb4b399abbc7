import assert from 'node:assert/strict';
import { it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { LIBVIRT } from '#test/support/dialogues.ts';
import { Random, secondsToFuzz } from '#test/support/fuzz.ts';

/** Pieces that lead deeper into the grammar than random bytes do. */
const PIECES = [
  ...'{}[]:,"\'\\ \n\t0-.e1aA',
  'true',
  'null',
  '\\u0000',
  '\\ud83d',
  '\\ude00',
  '{"execute":"guest-ping"}',
  '"arguments":',
  '18446744073709551615',
  '1e999',
  '\xff',
  '\xc0\x80',
  '\xed\xa0\x80',
  '\u0000',
];

it('whatever comes, the reader answers with values and errors, and finds the next request', () => {
  const random = new Random();
  const until = Date.now() + secondsToFuzz() * 1000;
  const reader = new JsonReader();
  let runs = 0;
  for (; Date.now() < until; runs++) {
    const bytes = random.chance(0.5) ? random.pieces(PIECES, 40) : random.corrupt(LIBVIRT, 5);
    for (const part of random.cut(bytes)) {
      for (const event of reader.push(part)) {
        // What was read can be printed, and what was printed reads back as the same.
        if (event.kind === 'value') {
          const text = formatJson(event.value);
          const [again] = new JsonReader().push(Buffer.from(`${text}\n`));
          assert.ok(again?.kind === 'value' && formatJson(again.value) === text, `${text} from seed ${random.seed}`);
        } else assert.match(event.desc, /^JSON /);
      }
    }
    const last = reader.push(Buffer.from('\xff{"execute":"guest-ping"}', 'latin1')).at(-1);
    assert.ok(last?.kind === 'value' && formatJson(last.value) === '{"execute": "guest-ping"}', `seed ${random.seed}`);
  }
  assert.ok(runs > 0);
});
