import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatPretty } from '#host/cli/pretty.ts';
import { readCommands } from '#host/qga/info.ts';
import { LineReader } from '#host/qga/lines.ts';
import { readReply } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import { Random, secondsToFuzz } from '#test/support/fuzz.ts';

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

it('whatever a guest sends ends in values or an AgentError, is safe to print, and hides no later reply', () => {
  const random = new Random();
  const until = Date.now() + secondsToFuzz() * 1000;
  const reader = new LineReader(200);
  for (let runs = 0; runs === 0 || Date.now() < until; runs++) {
    const noise = random.chance(0.7) ? random.pieces(PIECES, 60) : random.bytes(random.below(400));
    const stream = Buffer.concat([noise, Buffer.from('\xff{"return": "found"}\n', 'latin1')]);
    const values = random.cut(stream).flatMap((part) => reader.push(part).map(replyIn));
    for (const value of values) {
      if (value === undefined) continue;
      readCommands(value);
      assert.match(formatPretty(value), /^[\n\x20-\x7e]*$/, `seed ${random.seed}`);
    }
    assert.equal(values.at(-1), 'found', `seed ${random.seed}`);
  }
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
