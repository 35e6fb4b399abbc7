import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonValue } from '#shared/json/value.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { bothValves, LogValve } from '#shared/log/valve.ts';
import { AuditedDoor } from '#system-agent/audit/door.ts';
import { LogFile } from '#system-agent/audit/log-file.ts';
import { AuditTrail } from '#system-agent/audit/trail.ts';
import { audited as ovirtAudited } from '#system-agent/ovirt/audited.ts';
import { audited as qgaAudited } from '#system-agent/qga/audited.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { frozenGate } from '#system-agent/qga/gate.ts';
import { audited as vdagentAudited } from '#system-agent/vdagent/audited.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { ovirtRig } from '#test/support/ovirt/rig.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

function trailIn(folder: string): AuditTrail {
  return new AuditTrail(
    new LogFile({ folder, maxBytes: 1 << 20, maxFiles: 4, writer: {} }),
    'continue',
    new MemoryLog(),
  );
}

type Row = Readonly<Record<string, unknown>>;
function records(folder: string): Row[] {
  const text = readFileSync(path.join(folder, 'audit.log'), 'utf8').trimEnd();
  const rows = text.split('\n').map((line) => JSON.parse(line) as Row);
  return rows.filter(({ kind }) => kind !== 'head' && kind !== 'opened');
}

describe("the QEMU agent's door", () => {
  const ask = (dispatcher: Dispatcher, execute: string, args: Readonly<Record<string, JsonValue>> = {}) =>
    dispatcher.answer(
      new Map<string, JsonValue>([
        ['execute', execute],
        ['arguments', new Map(Object.entries(args))],
      ]),
    );

  it('records before it acts, and what a gate refuses', async () => {
    using folder = temporaryFolder();
    const trail = trailIn(folder.path);
    const platform = fakePlatform();
    const seen: number[] = [];
    const power = {
      ...platform.power,
      shutdown: async () => {
        seen.push(records(folder.path).length);
      },
    };
    const freeze = { ...platform.freeze, phase: 'thawed' as 'thawed' | 'frozen' };
    const dispatcher = new Dispatcher(
      commands,
      { ...platform, power },
      frozenGate(freeze, () => undefined),
      new MemoryLog(),
      new AuditedDoor(trail, 'qga', qgaAudited),
    );
    dispatcher.connected();
    await ask(dispatcher, 'guest-shutdown', { mode: 'reboot' });
    await ask(dispatcher, 'guest-ping');
    freeze.phase = 'frozen';
    await ask(dispatcher, 'guest-shutdown', { mode: 'reboot' });
    assert.deepEqual(seen, [1]);
    assert.deepEqual(
      records(folder.path).map(({ kind, command, args, reason, ok }) => [kind, command, args ?? reason ?? ok]),
      [
        ['request', 'guest-shutdown', { mode: 'reboot' }],
        ['outcome', undefined, true],
        ['denied', 'guest-shutdown', 'the agent is in frozen state'],
      ],
    );
    await trail.stop();
  });

  it('has no row for a command that there is not, and names arguments that there are', () => {
    const names = new Set<string>(commands.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(qgaAudited).filter((name) => !names.has(name)),
      [],
    );
    const forbidden = ['password', 'input-data', 'env', 'buf-b64'];
    for (const [name, { args = {} }] of Object.entries(qgaAudited)) {
      for (const word of forbidden) assert.equal(word in args, false, `${name} ${word}`);
      if ('keys' in args) assert.equal(args.keys, 'count');
    }
  });
});

describe("oVirt's door", () => {
  it('records a shutdown without its message, and counts the rest', async () => {
    using folder = temporaryFolder();
    const trail = trailIn(folder.path);
    const rig = await ovirtRig({ audit: new AuditedDoor(trail, 'ovirt', ovirtAudited) });
    rig.channel.connect();
    rig.channel.say('{"__name__": "refresh"}\n{"__name__": "no-such"}\n');
    rig.channel.say('{"__name__": "shutdown", "timeout": 30, "message": "secret", "reboot": "True"}\n');
    await rig.door.stop();
    await new Promise((resolve) => setImmediate(resolve));
    await trail.stop();
    const [request, outcome, counts] = records(folder.path);
    assert.deepEqual([request?.door, request?.connection, request?.command], ['ovirt', 1, 'shutdown']);
    assert.deepEqual(request?.args, { reboot: 'True', timeout: 30 });
    assert.deepEqual([outcome?.of, outcome?.ok], [request?.n, true]);
    assert.deepEqual(counts?.counts, { 'ovirt refresh': 1, 'ovirt unknown commands': 1 });
  });
});

describe("SPICE's door", () => {
  const selection = 'clipboard';
  const text = { selection, type: 'text' } as const;
  type Open = Awaited<ReturnType<typeof openDoor>>;
  const copy = ({ session }: Open) => {
    session.answer(clipboardRead, () => ({ stream: session.offer('secret of the guest'), why: undefined }));
    session.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
  };

  it('records that content crosses, which way and of which type', async () => {
    using folder = temporaryFolder();
    const trail = trailIn(folder.path);
    const open = await openDoor({ audit: new AuditedDoor(trail, 'vdagent', vdagentAudited) });
    copy(open);
    for (let i = 0; i < 3; i++) {
      open.host.send('clipboard-request', text);
      await open.heard();
    }
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    const pasted = open.session.ask(clipboardRead, { selection, type: 'text', maxBytes: 1000 });
    await open.heard();
    open.host.send('clipboard', { ...text, data: Buffer.from('secret of the client') });
    await pasted;
    await trail.stop();
    assert.deepEqual(
      records(folder.path).flatMap(({ args, counts }) => args ?? counts ?? []),
      [
        { direction: 'to-client', type: 'text' },
        { direction: 'to-guest', type: 'text' },
        { 'vdagent clipboard direction=to-client type=text': 2 },
      ],
    );
    assert.doesNotMatch(readFileSync(path.join(folder.path, 'audit.log'), 'utf8'), /secret/);
  });

  it('gives nothing where it must be recorded and cannot', async () => {
    const refusing = {
      connected: () => {},
      before: () => {
        throw new AgentError('refused', 'no');
      },
      after: () => {},
      denied: () => {},
      unknown: () => {},
    };
    const open = await openDoor({ audit: refusing });
    copy(open);
    await open.heard();
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [['clipboard', { selection, type: 'none', data: '' }]]);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    const { stream } = await open.session.ask(clipboardRead, { selection, type: 'text', maxBytes: 1000 });
    assert.equal(stream, undefined);
    assert.deepEqual(await open.heard(), []);
  });
});

describe('two valves', () => {
  it('shut and open as one, and what the second logs as it opens is not lost', () => {
    const out: string[] = [];
    const valve = new LogValve((line) => out.push(line));
    const said: string[] = [];
    const both = bothValves(valve, {
      shut: () => void said.push('shut'),
      open: () => {
        said.push('open');
        valve.pass('from the second');
      },
    });
    both.shut();
    valve.pass('held');
    assert.deepEqual([out, said], [[], ['shut']]);
    assert.equal(both.open(), 0);
    assert.deepEqual(
      [out, said],
      [
        ['held', 'from the second'],
        ['shut', 'open'],
      ],
    );
  });
});
