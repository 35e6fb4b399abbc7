import assert from 'node:assert/strict';
import { formatPretty } from '#host/cli/pretty.ts';
import { readCommands } from '#host/qga/info.ts';
import { LineReader } from '#host/qga/lines.ts';
import { readReply } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import { cut, fuzz, latin1Pieces, randomBytes } from '#test/support/fuzz.ts';

const PIECES = [
  ...'{}[]:,"\\ \n\n\n0-.e1a',
  '\xff',
  '\u001b[2J',
  '\\u001b',
  '{"return": ',
  '{"error": {"class": "GenericError", "desc": "no"}}\n',
  '{"supported_commands": [{"name": "guest-ping", "enabled": true}]}',
  '18446744073709551615',
  '\xc3\xa9',
];

fuzz('whatever a guest sends ends in values or an AgentError, is safe to print, and hides no later reply', (chance) => {
  const reader = new LineReader(200);
  const noise = chance(10) < 7 ? latin1Pieces(PIECES, 60, chance) : randomBytes(chance(400), chance);
  const stream = Buffer.concat([noise, Buffer.from('\xff{"return": "found"}\n', 'latin1')]);
  const values = cut(stream, chance).flatMap((part) => reader.push(part).map(replyIn));
  for (const value of values) {
    if (value === undefined) continue;
    readCommands(value);
    assert.match(formatPretty(value), /^[\n\x20-\x7e]*$/);
  }
  assert.equal(values.at(-1), 'found');
});

function replyIn(event: ReturnType<LineReader['push']>[number]) {
  if (event.kind === 'too-long') return undefined;
  try {
    return readReply(event.bytes);
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}
