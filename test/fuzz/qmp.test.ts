import assert from 'node:assert/strict';
import { readJson } from '#host/qga/reply.ts';
import { readEvents } from '#host/qmp/guest-events.ts';
import { addGuestSchema } from '#host/qmp/guest-schema.ts';
import { eventMessage, lineOf } from '#host/qmp/message.ts';
import { QmpSchema } from '#host/qmp/schema.ts';
import { Session } from '#host/qmp/session.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';
import { type Chance, cut, fuzz, latin1Pieces, mutate, randomBytes } from '#test/support/fuzz.ts';

const PIECES = [
  ...'{}[]:,"\\ \n0-.e1a',
  '\xff',
  '{"execute": "qmp_capabilities"}',
  '{"execute": "guest-ping", "id": 18446744073709551615}',
  '{"execute": "x", "arguments": {"a": [1]}, "id": {"b": null}}',
  '{"exec-oob": "x", "id": 1}',
  '\\u001b',
  '\xc3\xa9',
];

/** One line that a QMP client can read, and nothing that steers a terminal. */
function assertLine(bytes: Buffer): void {
  const text = bytes.toString('latin1');
  assert.match(text, /^\{[\x20-\x7e]*\}\r\n$/);
  JSON.parse(text);
}

fuzz('whatever a client sends is answered in lines or is a command, and a command after it is found', (chance) => {
  const session = new Session();
  const reader = new JsonReader();
  const noise = chance(10) < 7 ? latin1Pieces(PIECES, 60, chance) : randomBytes(chance(400), chance);
  const last = Buffer.from('\xff{"execute": "qmp_capabilities"}{"execute": "found", "id": 7}', 'latin1');
  const steps = cut(Buffer.concat([noise, last]), chance).flatMap((part) =>
    reader.push(part).map((heard) => session.take(heard)),
  );
  for (const step of steps) if (step.kind === 'answer') assertLine(lineOf(step.message));
  const found = steps.at(-1);
  assert.equal(found?.kind === 'call' && found.call.command, 'found');
  assert.equal(found?.kind === 'call' && found.call.echo.id, 7n);
});

const EVENTS = `{"cursor": 12, "missed": 1, "restarted": false, "events": [
  {"seq": 11, "time": {"seconds": 1700000000, "microseconds": 5}, "event": "GUEST_FROZEN", "data": {"filesystems": 2}},
  {"seq": 12, "time": {"seconds": 1700000001, "microseconds": 0}, "event": "SHUTDOWN_BEGUN", "data": {}}]}`;
const SCHEMA = `{"commands": [{"name": "guest-a", "enabled": true, "returns": "[Thing]",
  "arguments": [{"name": "x", "type": "Way", "optional": true}]}],
  "events": [{"name": "FREEZE", "data": [{"name": "n", "type": "uint64", "optional": false}]}],
  "types": [{"name": "Thing", "kind": "object", "members": [{"name": "next", "type": "Thing", "optional": true}]},
  {"name": "Way", "kind": "alternate", "branches": ["Word", "[int]"]}, {"name": "Word", "kind": "enum", "values": ["up"]}]}`;

/** One of the texts with a few bytes changed, if it still is JSON. */
function answerLike(text: string, chance: Chance): JsonValue | undefined {
  try {
    return readJson(mutate(Buffer.from(text), chance));
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

fuzz('whatever a guest tells of its events and its schema is refused or safe to pass on', (chance) => {
  const events = answerLike(EVENTS, chance);
  const schema = answerLike(SCHEMA, chance);
  try {
    if (events !== undefined) for (const event of readEvents(events).events) assertLine(lineOf(eventMessage(event)));
    if (schema !== undefined) {
      const made = new QmpSchema();
      addGuestSchema(made, schema, () => false);
      const entries = made.entries();
      assertLine(lineOf({ return: entries }));
      const types = new Set(entries.map(({ name }) => name));
      for (const entry of entries) assert.ok(types.has(String(entry['ret-type'] ?? entry['arg-type'] ?? entry.name)));
    }
  } catch (error) {
    if (!(error instanceof AgentError && error.code === 'malformed')) throw error;
  }
});
