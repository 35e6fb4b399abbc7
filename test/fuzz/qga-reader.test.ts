import assert from 'node:assert/strict';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { LIBVIRT } from '#test/support/dialogues.ts';
import { cut, fuzz, latin1Pieces, mutate } from '#test/support/fuzz.ts';

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
const PING = Buffer.from('\xff{"execute":"guest-ping"}', 'latin1');

fuzz('whatever comes, the JSON reader answers with values and errors, and finds the next request', (chance) => {
  const reader = new JsonReader();
  const bytes = chance(2) === 0 ? latin1Pieces(PIECES, 40, chance) : mutate(LIBVIRT, chance);
  for (const part of cut(bytes, chance)) {
    for (const event of reader.push(part)) {
      if (event.kind === 'error') assert.match(event.desc, /^JSON /);
      else assertReadsBack(formatJson(event.value));
    }
  }
  const last = reader.push(PING).at(-1);
  assert.ok(last?.kind === 'value' && formatJson(last.value) === '{"execute": "guest-ping"}');
});

/** What was read can be printed, and what was printed reads back as the same; only the double -0 comes back as 0. */
function assertReadsBack(text: string): void {
  const once = readAndPrint(text);
  assert.equal(readAndPrint(once), once);
  if (!text.includes('-0')) assert.equal(once, text);
}

function readAndPrint(text: string): string {
  const [event] = new JsonReader().push(Buffer.from(`${text}\n`));
  assert.ok(event?.kind === 'value', text);
  return formatJson(event.value);
}
