import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SENTINEL } from '#protocol/qga/message.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { type RunningAgent, startConfinedAgent, startOracle } from '#test/support/agents.ts';
import { askOracle } from '#test/support/oracle.ts';
import { temporaryFolder, without } from '#test/support/programs.ts';
import { prepare } from '#test/support/qga/scenario.ts';
import { exchange } from '#test/support/raw-client.ts';

/** What a command that reads needs to be asked with. */
const ARGUMENTS: Readonly<Record<string, object>> = {
  'guest-sync': { id: 1 },
  'guest-sync-delimited': { id: 1 },
  'guest-ssh-get-authorized-keys': { username: 'nobody' },
};

const reading = commands.filter(({ readOnly }) => readOnly);

function answerIn(bytes: Buffer): JsonObject {
  const [event] = new JsonReader().push(bytes[0] === SENTINEL ? bytes.subarray(1) : bytes);
  assert.ok(event?.kind === 'value' && event.value instanceof Map, bytes.toString());
  return event.value as JsonObject;
}

/** @throws when a result is not as the command declares it */
function assertDeclared(name: string, answer: JsonObject): JsonValue | undefined {
  const command = commands.find((one) => one.name === name);
  const result = answer.get('return');
  if (result !== undefined) command?.result.parse(result, 'return');
  return result;
}

describe('results are as they are declared', () => {
  const folder = temporaryFolder();
  let ours: RunningAgent;
  before(async () => {
    prepare(folder.path);
    ours = await startConfinedAgent(folder.path);
  });
  after(async () => {
    await ours[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const ask = async (execute: string, args: object = {}) => {
    const answer = answerIn(await exchange(ours.socket, JSON.stringify({ execute, arguments: args })));
    return assertDeclared(execute, answer);
  };

  for (const { name } of reading) {
    it(name, async () => {
      // Without a home or with refused effects the answer is an error, which all commands share.
      if ((await ask(name, ARGUMENTS[name])) === undefined) assert.match(name, /^guest-ssh-/);
    });
  }

  it('uga-query-schema and guest-info name the same commands', async () => {
    const namesIn = async (name: string, member: string) =>
      ((await ask(name)) as ReadonlyMap<string, readonly JsonObject[]>).get(member)?.map((one) => one.get('name'));
    const listed = await namesIn('guest-info', 'supported_commands');
    assert.ok(listed?.includes('uga-query-schema'));
    assert.deepEqual(await namesIn('uga-query-schema', 'commands'), listed);
  });

  it('files', async () => {
    const handle = Number(await ask('guest-file-open', { path: path.join(folder.path, 'file'), mode: 'w+' }));
    assert.ok(handle > 0);
    const dialogue: [string, object][] = [
      ['guest-file-write', { handle, 'buf-b64': 'YWJj' }],
      ['guest-file-flush', { handle }],
      ['guest-file-seek', { handle, offset: 0, whence: 'set' }],
      ['guest-file-read', { handle }],
      ['guest-file-close', { handle }],
    ];
    for (const [name, args] of dialogue) assert.notEqual(await ask(name, args), undefined, name);
  });

  it('programs', async () => {
    const run = { path: path.join(folder.path, 'bin/both'), 'capture-output': true };
    const started = await ask('guest-exec', run);
    assert.ok(started instanceof Map);
    const pid = Number((started as JsonObject).get('pid'));
    for (;;) {
      const status = await ask('guest-exec-status', { pid });
      if ((status as JsonObject).get('exited') === true) break;
    }
  });
});

describe("qemu-ga's own results are as we declare them", { skip: without('qemu-ga') }, () => {
  let oracle: RunningAgent;
  before(async () => {
    oracle = await startOracle();
  });
  after(() => oracle[Symbol.asyncDispose]());

  for (const { name } of reading.filter(({ name }) => name.startsWith('guest-') && !name.includes('fsfreeze'))) {
    it(name, async () => {
      const request = JSON.stringify({ execute: name, arguments: ARGUMENTS[name] ?? {} });
      assertDeclared(name, answerIn(await askOracle(oracle.socket, request)));
    });
  }
});
