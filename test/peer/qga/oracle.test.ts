import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import { type RunningAgent, startOracle, startQemuGaFace, startSystemAgent } from '#test/support/agents.ts';
import { askOracle } from '#test/support/oracle.ts';
import { without } from '#test/support/programs.ts';
import { newerThan } from '#test/support/qemu-release.ts';
import { wrongRequests } from '#test/support/qga/wrong-arguments.ts';
import { DISPATCH_ERRORS } from '#test/support/qga-dispatch-errors.ts';
import { MALFORMED } from '#test/support/qga-malformed.ts';
import { exchange } from '#test/support/raw-client.ts';

/** Answers that must be the same to the byte. */
const SAME = [
  '{"execute":"guest-ping"}',
  "{'execute':'guest-ping'}",
  '{"execute":"guest-ping","id":{"a":[1,-0,1.5,2e3,0.1,1e300,18446744073709551615,18446744073709551616,null,true]}}',
  '{"execute":"guest-ping","id":"\\u0000\\u007f\\u00e9\\ud83d\\ude00/\\"\\\\\\b\\f\\n\\r\\t"}',
  '{"execute":"guest-ping","id":"é😀\u0085"}',
  '{"execute":"guest-ping","id":-9223372036854775809}',
  '{"execute":"guest-ping","id":[-0.0,0.0,-0]}',
  '{"execute":"guest-ping","id":123456789012345678901234567890}',
  '{"execute":"guest-ping","arguments":{}}',
  '{"execute":"guest-sync","arguments":{"id":9223372036854775807}}',
  '{"execute":"guest-sync","arguments":{"id":-9223372036854775808}}',
  '{"execute":"guest-sync","arguments":{"id":9007199254740993}}',
  '{"execute":"guest-sync-delimited","arguments":{"id":7}}{"execute":"guest-ping"}',
  '{"execute":"guest-get-host-name"}',
  '{"execute":"guest-get-timezone"}',
  '{"execute":"guest-ssh-get-authorized-keys","arguments":{"username":"nobody"}}',
  '{"execute":"guest-ssh-get-authorized-keys","arguments":{"username":1}}',
  '{"execute":"guest-ssh-get-authorized-keys"}',
  `${'['.repeat(1024)}${']'.repeat(1024)}`,
];

/** Answers whose members must be the same, in any order: qemu-ga prints them in the order of a hash table. */
const SAME_MEMBERS = [
  '{"execute":"guest-get-osinfo"}',
  '{"execute":"guest-get-users"}',
  '{"execute":"nope","id":[{"b":1,"a":{}}]}',
];

describe('the same requests to qemu-ga and to us', { skip: without('qemu-ga') }, () => {
  let oracle: RunningAgent;
  let ours: RunningAgent;
  before(async () => {
    oracle = await startOracle();
    ours = await startSystemAgent();
  });
  after(async () => {
    await oracle[Symbol.asyncDispose]();
    await ours[Symbol.asyncDispose]();
  });

  const ask = async (bytes: Uint8Array | string) => ({
    theirs: (await askOracle(oracle.socket, bytes)).toString('latin1'),
    mine: (await exchange(ours.socket, bytes)).toString('latin1'),
  });

  for (const request of SAME) {
    it(`same bytes: ${shorten(request)}`, async () => {
      const { theirs, mine } = await ask(request);
      assert.notEqual(theirs, '');
      assert.equal(mine, theirs);
    });
  }

  for (const { name, bytes } of MALFORMED) {
    it(`same bytes for malformed input: ${name}`, async () => {
      const { theirs, mine } = await ask(bytes);
      assert.notEqual(theirs, '');
      assert.equal(mine, theirs);
    });
  }

  for (const { request } of DISPATCH_ERRORS) {
    it(`same members: ${request}`, async () => {
      const { theirs, mine } = await ask(request);
      assert.deepEqual(parse(mine), parse(theirs));
    });
  }

  for (const request of SAME_MEMBERS) {
    it(`same members: ${request}`, async () => {
      const { theirs, mine } = await ask(request);
      assert.deepEqual(parse(mine), parse(theirs));
    });
  }

  it('same members for wrong arguments of every command that only reads', async () => {
    const info = parse(
      (await askOracle(oracle.socket, '{"execute":"guest-info"}')).toString('latin1'),
    )[0] as JsonObject;
    const release = String((info.get('return') as JsonObject).get('version'));
    // Nothing of freezing is ever said to the original on this machine; a guest hears it (vm/arguments).
    const leftOut = new Set([...newerThan(release), 'guest-fsfreeze-status']);
    for (const [execute, args] of wrongRequests('read-only', leftOut)) {
      const { theirs, mine } = await ask(JSON.stringify({ execute, arguments: args }));
      assert.match(theirs, /"error"/);
      assert.deepEqual(parse(mine), parse(theirs), JSON.stringify([execute, args]));
    }
  });

  it('same interfaces, addresses and hardware addresses in the same order; counters of the same names', async () => {
    const { theirs, mine } = await ask('{"execute":"guest-network-get-interfaces"}');
    assert.deepEqual(withoutCounts(mine), withoutCounts(theirs));
  });

  it('guest-get-time is between two answers of qemu-ga', async () => {
    const request = '{"execute":"guest-get-time"}';
    const time = async (text: Buffer) => (parse(text.toString())[0] as JsonObject).get('return') as bigint;
    const before = await time(await askOracle(oracle.socket, request));
    const between = await time(await exchange(ours.socket, request));
    const after = await time(await askOracle(oracle.socket, request));
    assert.ok(before <= between && between <= after, `${before} ${between} ${after}`);
  });

  it('guest-info has the same members, and every command we list exists there with the same success-response', async () => {
    const { theirs, mine } = await ask('{"execute":"guest-info"}');
    const read = (text: string) => {
      const info = (parse(text)[0] as JsonObject).get('return') as JsonObject;
      const list = info.get('supported_commands') as readonly JsonObject[];
      const named = list.map((one) => [String(one.get('name')), one] as const);
      return { release: String(info.get('version')), members: [...info.keys()].sort(), commands: new Map(named) };
    };
    const [a, b] = [read(mine), read(theirs)];
    assert.deepEqual(a.members, b.members);
    const newer = newerThan(b.release);
    for (const [name, command] of a.commands) {
      if (!newer.has(name)) assert.deepEqual(sorted(command), sorted(b.commands.get(name) ?? null));
    }
  });

  it('nesting one deeper is refused in the same words', async () => {
    const deep = `${'['.repeat(1025)}`;
    const { theirs, mine } = await ask(deep);
    assert.equal(mine, theirs);
    assert.match(mine, /nesting depth limit exceeded/);
  });

  it('block lists refuse alike; the newest text names the reason', async () => {
    await using blockedOracle = await startOracle('-b', 'guest-ping');
    await using blockedOurs = await startQemuGaFace('-b', 'guest-ping');
    const request = '{"execute":"guest-ping","id":1}{"execute":"guest-get-host-name"}';
    const theirs = parse((await askOracle(blockedOracle.socket, request)).toString('latin1'));
    const mine = parse((await exchange(blockedOurs.socket, request)).toString('latin1'));
    const desc = (replies: unknown[]) => ((replies[0] as JsonObject).get('error') as JsonObject).get('desc') as string;
    assert.equal(desc(theirs), 'Command guest-ping has been disabled');
    assert.equal(desc(mine), 'Command guest-ping has been disabled: the command is not allowed');
    assert.deepEqual(mine[1], theirs[1]);
  });
});

/** All replies, with members in a fixed order. */
function parse(text: string): unknown[] {
  return new JsonReader()
    .push(Buffer.from(text, 'latin1'))
    .map((event) => (event.kind === 'value' ? sorted(event.value) : event.desc));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!(value instanceof Map)) return value;
  const members = [...(value as JsonObject)].map(([name, member]) => [name, sorted(member)] as const);
  return new Map(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutCounts(text: string): unknown {
  const list = (parse(text)[0] as JsonObject).get('return') as readonly JsonObject[];
  return list.map((one) => {
    const statistics = one.get('statistics');
    if (!(statistics instanceof Map)) return one;
    return new Map([...one, ['statistics', [...(statistics as JsonObject).keys()]]]);
  });
}

function shorten(request: string): string {
  return request.length > 100 ? `${request.slice(0, 97)}...` : request;
}
