import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';
import { silent } from '#shared/log/log.ts';
import { EVENTS } from '#system-agent/events/kinds.ts';
import type { Platform } from '#system-agent/platform.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { agentSchema } from '#system-agent/qga/introspection.ts';
import { fakePlatform } from '#test/fakes/platform.ts';

function overTheWire(value: Printable): JsonValue {
  const [event] = new JsonReader().push(Buffer.from(`${formatJson(value)}\n`));
  assert.equal(event?.kind, 'value');
  return event.value;
}

async function query(blocked: string | undefined) {
  const gate = ({ name }: { readonly name: string }) => (name === blocked ? 'a rule' : undefined);
  const dispatcher = new Dispatcher(commands, fakePlatform(), gate, silent);
  const { reply } = await dispatcher.answer(new Map([['execute', 'uga-query-schema']]));
  assert.ok(reply !== undefined);
  const result = (overTheWire(reply) as JsonObject).get('return');
  return agentSchema.parse(result, 'return');
}

const SIMPLE = new Set(['any', 'bool', 'int', 'number', 'str', 'uint64']);
const itemOf = (name: string) => name.replace(/^\[+|\]+$/g, '');

describe('uga-query-schema', () => {
  it('describes the commands that work here, itself too, by its own schema', async () => {
    const { commands: described } = await query(undefined);
    const names = described.map(({ name }) => name);
    const here = commands.filter((command) => command.isSupported(fakePlatform())).map(({ name }) => name);
    assert.deepEqual(names, here);
    assert.ok(names.includes('uga-query-schema'));
  });

  it('says of a refused command why', async () => {
    const { commands: described } = await query('guest-exec');
    const refused = described.filter(({ enabled }) => !enabled);
    assert.deepEqual(
      refused.map(({ name, reason }) => [name, reason]),
      [['guest-exec', 'a rule']],
    );
  });

  it('names no type that it does not describe, and each once', async () => {
    const { commands: described, events, types } = await query(undefined);
    const names = types.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const members = [
      ...described.flatMap((command) => command.arguments),
      ...events.flatMap(({ data }) => data),
      ...types.flatMap((type) => type.members ?? []),
    ];
    const used = [
      ...members.map(({ type }) => type),
      ...described.flatMap(({ returns }) => returns ?? []),
      ...types.flatMap(({ branches }) => branches ?? []),
    ].map(itemOf);
    assert.deepEqual([...new Set(used)].filter((name) => !SIMPLE.has(name)).sort(), names.toSorted());
  });

  it('lists every event', async () => {
    const { events } = await query(undefined);
    assert.deepEqual(
      events.map(({ name }) => name),
      Object.keys(EVENTS),
    );
  });

  it('shows arguments with what may be absent, and lists', async () => {
    const { commands: described } = await query(undefined);
    const info = described.find(({ name }) => name === 'guest-exec');
    assert.deepEqual(
      info?.arguments.map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`),
      ['path: str', 'arg?: [str]', 'env?: [str]', 'input-data?: str', 'capture-output?: GuestExecCaptureOutput'],
    );
    assert.equal(described.find(({ name }) => name === 'guest-get-disks')?.returns, '[GuestDiskInfo]');
    assert.equal(described.find(({ name }) => name === 'guest-ping')?.returns, undefined);
  });
});

/** Commands that change the guest are not run by the tests of real answers. */
const CHANGING: Readonly<Record<string, JsonObject>> = {
  'guest-fstrim': new Map(),
  'guest-set-memory-blocks': new Map([
    [
      'mem-blks',
      [
        new Map<string, JsonValue>([
          ['phys-index', 1n],
          ['online', true],
        ]),
      ],
    ],
  ]),
  'guest-set-vcpus': new Map([
    [
      'vcpus',
      [
        new Map<string, JsonValue>([
          ['logical-id', 1n],
          ['online', true],
        ]),
      ],
    ],
  ]),
  'guest-fsfreeze-freeze': new Map(),
  'guest-fsfreeze-freeze-list': new Map(),
  'guest-fsfreeze-thaw': new Map(),
  'uga-freeze-renew': new Map(),
  'uga-freeze-status': new Map(),
};

/** A system on which everything succeeds. */
function obedientPlatform(): Platform {
  const fake = fakePlatform();
  const path = Buffer.from('/');
  return {
    ...fake,
    cpuSwitch: { setOnline: async () => {} },
    memorySwitch: { setOnline: async () => ({ outcome: 'operation-failed', errno: 22 }) },
    mounts: { ...fake.mounts, list: () => [{ mountPoint: '/', path, type: 'ext4', major: 8, minor: 1 }] },
    trimmer: { trim: async () => ({ trimmed: 4096n, minimum: 0n }) },
    freeze: {
      ...fake.freeze,
      freeze: async () => 2,
      thaw: async () => 2,
      renew: async () => 600,
      describe: () => ({
        phase: 'frozen',
        since: 1_700_000_000,
        leaseLeft: 600,
        fileSystems: [{ mountPoint: '/', type: 'ext4', frozen: true }],
        leftOut: [{ mountPoint: '/mnt', type: 'nfs', reason: 'a network' }],
        hooks: [{ name: 'db', phase: 'freeze', milliseconds: 12, outcome: 'done', detail: 'exit 0' }],
        achieved: 'consistent',
        ended: 'the lease has ended',
      }),
    },
  };
}

describe('results of commands that change the guest are as they are declared', () => {
  for (const [name, args] of Object.entries(CHANGING)) {
    it(name, async () => {
      const command = commands.find((one) => one.name === name);
      assert.ok(command);
      const result = await command.call(args, obedientPlatform(), {
        listCommands: () => [],
        host: new AbortController().signal,
      });
      command.result.parse(overTheWire(result ?? {}), 'return');
    });
  }
});
