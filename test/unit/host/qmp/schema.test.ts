import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJson } from '#host/qga/reply.ts';
import { addGuestSchema } from '#host/qmp/guest-schema.ts';
import { QmpSchema } from '#host/qmp/schema.ts';
import { startGuest } from '#test/support/scripted-guest.ts';
import { agent, startServer } from './rig.ts';

interface Entry {
  readonly name: string;
  readonly 'meta-type': string;
  readonly 'arg-type'?: string;
  readonly 'ret-type'?: string;
  readonly 'element-type'?: string;
  readonly members?: readonly { readonly type?: string }[];
}

/** Every name that an entry refers to must stand in the list: QEMU's readers of it rely on that. */
function assertClosed(entries: readonly Entry[]): void {
  const types = new Set(
    entries.filter((one) => !['command', 'event'].includes(one['meta-type'])).map(({ name }) => name),
  );
  for (const entry of entries) {
    const members = (entry.members ?? []).map(({ type }) => type);
    const used = [entry['arg-type'], entry['ret-type'], entry['element-type'], ...members];
    for (const name of used) if (name !== undefined) assert.ok(types.has(name), `${entry.name} uses ${name}`);
  }
}

const MEMBER = (name: string, type: string, optional = false) => ({ name, type, optional });
const GUEST = {
  commands: [
    {
      name: 'guest-a',
      arguments: [MEMBER('x', '[Thing]'), MEMBER('y', 'Way', true)],
      returns: '[[Thing]]',
      enabled: true,
    },
    { name: 'guest-b', arguments: [], enabled: true },
    { name: 'guest-off', arguments: [], enabled: false, reason: 'a rule' },
    { name: 'query-version', arguments: [], enabled: true },
  ],
  events: [{ name: 'FREEZE', data: [MEMBER('n', 'uint64')] }],
  types: [
    { name: 'Thing', kind: 'object', members: [MEMBER('next', 'Thing', true), MEMBER('odd', 'Unknown')] },
    { name: 'Way', kind: 'alternate', branches: ['Word', 'int'] },
    { name: 'Word', kind: 'enum', values: ['up', 'down'] },
    { name: 'Unused', kind: 'enum', values: [] },
  ],
};

function entriesOf(answer: unknown): Entry[] {
  const schema = new QmpSchema();
  addGuestSchema(schema, readJson(Buffer.from(JSON.stringify(answer))), (name) => name === 'query-version');
  return schema.entries() as unknown as Entry[];
}

describe("the schema of a guest's agent", () => {
  it('becomes one that QMP clients read, without what is off or ours, and with every type that it uses', () => {
    const entries = entriesOf(GUEST);
    assertClosed(entries);
    assert.deepEqual(entries, [
      { name: 'guest-a', 'meta-type': 'command', 'arg-type': 'q_obj_guest-a-arg', 'ret-type': '[[Thing]]' },
      { name: 'guest-b', 'meta-type': 'command', 'arg-type': 'q_empty', 'ret-type': 'q_empty' },
      { name: 'FREEZE', 'meta-type': 'event', 'arg-type': 'q_obj_FREEZE-arg' },
      {
        name: 'Thing',
        'meta-type': 'object',
        members: [
          { name: 'next', type: 'Thing', default: null },
          { name: 'odd', type: 'any', default: undefined },
        ],
      },
      { name: 'any', 'meta-type': 'builtin', 'json-type': 'value' },
      { name: '[Thing]', 'meta-type': 'array', 'element-type': 'Thing' },
      { name: 'Way', 'meta-type': 'alternate', members: [{ type: 'Word' }, { type: 'int' }] },
      { name: 'Word', 'meta-type': 'enum', members: [{ name: 'up' }, { name: 'down' }], values: ['up', 'down'] },
      { name: 'int', 'meta-type': 'builtin', 'json-type': 'int' },
      {
        name: 'q_obj_guest-a-arg',
        'meta-type': 'object',
        members: [
          { name: 'x', type: '[Thing]', default: undefined },
          { name: 'y', type: 'Way', default: null },
        ],
      },
      { name: '[[Thing]]', 'meta-type': 'array', 'element-type': '[Thing]' },
      { name: 'q_empty', 'meta-type': 'object', members: [] },
      { name: 'uint64', 'meta-type': 'builtin', 'json-type': 'int' },
      {
        name: 'q_obj_FREEZE-arg',
        'meta-type': 'object',
        members: [{ name: 'n', type: 'uint64', default: undefined }],
      },
    ]);
  });

  it('is refused as a whole when it is none', () => {
    const command = GUEST.commands[0];
    for (const answer of [
      { commands: [{ ...command, name: 'a b' }] },
      { commands: [{ ...command, returns: 5 }] },
      { commands: [{ ...command, arguments: [MEMBER('x', 'q_empty')] }] },
      { commands: [{ ...command, arguments: Array(201).fill(MEMBER('x', 'int')) }] },
      { commands: Array(1001).fill(command) },
      { types: [{ name: 'any', kind: 'enum', values: [] }] },
      { types: [{ name: 'Thing', kind: 'struct' }] },
      { types: [{ name: 'Thing', kind: 'enum', values: ['\n'] }] },
      { types: [{ name: `T${'g'.repeat(64)}`, kind: 'enum', values: [] }] },
      { events: [{ name: 'lower', data: [] }] },
    ]) {
      assert.throws(() => entriesOf(answer), { code: 'malformed' }, JSON.stringify(answer).slice(0, 100));
    }
  });

  it('may be as long as a chain of types can be', () => {
    const types = Array.from({ length: 1000 }, (_, at) => ({
      name: `T${at}`,
      kind: 'object',
      members: [MEMBER('next', `[T${at + 1}]`)],
    }));
    const entries = entriesOf({ types, commands: [{ ...GUEST.commands[1], returns: 'T0' }] });
    assertClosed(entries);
    assert.ok(entries.length > 2000);
  });
});

describe('query-qmp-schema', () => {
  const schemaOf = async (script: ReturnType<typeof agent>): Promise<Entry[]> => {
    await using guest = await startGuest(script);
    await using server = await startServer(guest.path);
    return (await (await server.client()).execute('query-qmp-schema')) as Entry[];
  };

  it('has what the agent says of itself, and the commands and events of the server', async () => {
    const entries = await schemaOf(
      agent([], ({ execute }, socket) => {
        if (execute !== 'uga-query-schema') return false;
        return socket.write(`${JSON.stringify({ return: GUEST })}\n`);
      }),
    );
    assertClosed(entries);
    const names = (type: string) => entries.filter((one) => one['meta-type'] === type).map(({ name }) => name);
    const own = ['qmp_capabilities', 'query-version', 'query-commands', 'query-qmp-schema', 'uga-qmp-status'];
    assert.deepEqual(names('command'), [...own, 'uga-qmp-timeout', 'guest-a', 'guest-b']);
    assert.deepEqual(names('event'), [
      'UGA_AGENT_CONNECTED',
      'UGA_AGENT_DISCONNECTED',
      'UGA_AGENT_RESTARTED',
      'UGA_EVENTS_MISSED',
      'FREEZE',
    ]);
  });

  it('knows no more than the names of the commands of qemu-ga', async () => {
    const script = agent(['guest-ping', 'bad name', 'query-version'], ({ execute }, socket) => {
      if (execute !== 'uga-query-schema') return false;
      return socket.write('{"error": {"class": "CommandNotFound", "desc": "x"}}\n');
    });
    const entries = await schemaOf(script);
    assertClosed(entries);
    const [ping, ...more] = entries.filter(({ name }) => name.startsWith('guest-') || name === 'bad name');
    assert.deepEqual(ping, { name: 'guest-ping', 'meta-type': 'command', 'arg-type': 'any', 'ret-type': 'any' });
    assert.deepEqual(more, []);
  });
});
