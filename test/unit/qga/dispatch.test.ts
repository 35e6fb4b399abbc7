import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from '#protocol/qga/message.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { silent } from '#shared/log/log.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { int64, object } from '#shared/schema/schema.ts';
import { EventHub } from '#system-agent/events/hub.ts';
import { type Command, defineCommand, nothing } from '#system-agent/qga/command.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import { allGates, demoGate, type Gate, listGate } from '#system-agent/qga/gate.ts';
import type { QgaPorts } from '#system-agent/qga/ports.ts';
import { refusingSso } from '#system-agent/sso/refusing.ts';
import { fakeAudit } from '#test/fakes/audit.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { FakeSessionControl } from '#test/fakes/session-control.ts';
import { DISPATCH_ERRORS } from '#test/support/qga-dispatch-errors.ts';

const allowAll: Gate = () => undefined;

async function ask(
  request: string,
  options: { gate?: Gate; table?: readonly Command[] } = {},
): Promise<Reply | undefined> {
  const dispatcher = new Dispatcher(options.table ?? commands, fakePlatform(), options.gate ?? allowAll, silent);
  const [event] = new JsonReader().push(Buffer.from(request));
  assert.equal(event?.kind, 'value');
  return (await dispatcher.answer(event.value)).reply;
}
const text = async (...parameters: Parameters<typeof ask>) => {
  const reply = await ask(...parameters);
  return reply && formatJson(reply);
};

describe("dispatch errors have QEMU's classes and texts", () => {
  for (const { request, errorClass, desc } of DISPATCH_ERRORS) {
    it(request, async () => {
      const reply = await ask(request);
      assert.deepEqual(reply?.error, { class: errorClass, desc });
    });
  }

  it('the order of checks: members, execute, command, gate, arguments', async () => {
    const gate: Gate = () => 'no';
    assert.match((await text('{"execute":"x","arguments":[],"id":1}', { gate })) ?? '', /'arguments' must be/);
    assert.match((await text('{"execute":"x","arguments":{}}', { gate })) ?? '', /has not been found/);
    assert.match((await text('{"execute":"guest-sync","arguments":{"foo":1}}', { gate })) ?? '', /disabled: no/);
  });
});

describe('id', () => {
  for (const id of [
    '1',
    '"a"',
    'null',
    '[1, {}]',
    '{"a": 1}',
    '123456789012345678',
    '18446744073709551615',
    '0.10000000000000001',
  ]) {
    it(`${id} comes back as it was, on success and on error`, async () => {
      assert.equal(await text(`{"execute":"guest-ping","id":${id}}`), `{"return": {}, "id": ${id}}`);
      assert.match(
        (await text(`{"execute":"nope","id":${id}}`)) ?? '',
        new RegExp(`"id": ${id.replace(/[[\]{}.]/g, '\\$&')}}$`),
      );
      assert.match((await text(`{"id":${id}}`)) ?? '', /lacks member 'execute'.*"id": /);
    });
  }
});

describe('commands', () => {
  it("answer in QEMU's shapes", async () => {
    assert.equal(await text('{"execute":"guest-get-time"}'), '{"return": 1700000000123456000}');
    assert.equal(await text('{"execute":"guest-get-timezone"}'), '{"return": {"zone": "NST", "offset": -12600}}');
    assert.equal(await text('{"execute":"guest-get-host-name"}'), '{"return": {"host-name": "guest"}}');
    assert.equal(
      await text('{"execute":"guest-get-users"}'),
      '{"return": [{"user": "alice", "login-time": 1700000000.5}]}',
    );
    assert.equal(
      await text('{"execute":"guest-get-osinfo"}'),
      '{"return": {"kernel-release": "6.1", "kernel-version": "#1", "machine": "x86_64", "id": "debian"}}',
    );
  });

  it('an interface without addresses has neither addresses nor statistics, and counters keep 64 bits', async () => {
    const answer = (await text('{"execute":"guest-network-get-interfaces"}')) ?? '';
    assert.match(answer, /"rx-bytes": 18446744073709551615/);
    assert.ok(answer.endsWith('{"name": "tun0"}]}'), answer);
  });

  for (const id of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '0']) {
    it(`guest-sync gives back ${id}`, async () => {
      assert.equal(await text(`{"execute":"guest-sync","arguments":{"id":${id}}}`), `{"return": ${id}}`);
    });
  }

  it('guest-shutdown says nothing on success, even with an id', async () => {
    assert.equal(await text('{"execute":"guest-shutdown","arguments":{"mode":"reboot"},"id":1}'), undefined);
  });

  it('guest-info lists what works here and which have no answer', async () => {
    const { power: _, ...withoutPower } = fakePlatform();
    const list = (platform: Partial<QgaPorts>) => {
      const dispatcher = new Dispatcher(commands, platform, listGate({ block: new Set(['guest-ping']) }), silent);
      const answer = dispatcher.answer(new Map([['execute', 'guest-info']]));
      assert.ok(!(answer instanceof Promise));
      return (
        answer.reply as {
          return: { supported_commands: { name: string; enabled: boolean; 'success-response': boolean }[] };
        }
      ).return.supported_commands;
    };
    const events = new EventHub(() => 1);
    const sessionControl = new FakeSessionControl();
    const full = list({ ...fakePlatform(), events, audit: fakeAudit, sessionControl, sso: refusingSso });
    assert.equal(full.length, commands.length);
    assert.deepEqual(
      full.find(({ name }) => name === 'guest-shutdown'),
      {
        name: 'guest-shutdown',
        enabled: true,
        'success-response': false,
      },
    );
    assert.equal(full.find(({ name }) => name === 'guest-ping')?.enabled, false);
    assert.ok(!list(withoutPower).some(({ name }) => name === 'guest-shutdown'));
  });

  it('a command without its port is not found', async () => {
    const dispatcher = new Dispatcher(commands, {}, allowAll, silent);
    const { reply } = await dispatcher.answer(new Map([['execute', 'guest-get-time']]));
    assert.deepEqual(reply, {
      error: { class: 'CommandNotFound', desc: 'The command guest-get-time has not been found' },
    });
  });

  it('a bug answers without its inside and is logged with it', async () => {
    const broken = defineCommand({
      name: 'guest-broken',
      since: '0',
      summary: '',
      testedBy: 'here',
      args: object({}),
      result: nothing,
      needs: [],
      readOnly: true,
      run: () => {
        throw new TypeError('secret path');
      },
    });
    const log = new MemoryLog();
    const { reply } = await new Dispatcher([broken], {}, allowAll, log).answer(new Map([['execute', 'guest-broken']]));
    assert.doesNotMatch(formatJson(reply ?? {}), /secret/);
    assert.ok(log.lines.some(({ level }) => level === 'error'));
  });

  it('what the system says no to reaches the host with its reason', async () => {
    const denied = Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES' });
    const platform = {
      users: {
        loggedIn: () => {
          throw denied;
        },
      },
    };
    const dispatcher = new Dispatcher(commands, platform, allowAll, silent);
    const { reply } = await dispatcher.answer(new Map([['execute', 'guest-get-users']]));
    assert.deepEqual(reply?.error, { class: 'GenericError', desc: denied.message });
  });

  it('every file of the folder is in the table, under its name', async () => {
    const { readdirSync } = await import('node:fs');
    const files = readdirSync('system-agent/qga/commands').filter((name) => name !== 'index.ts');
    assert.deepEqual(files.map((name) => name.replace('.ts', '')).sort(), commands.map(({ name }) => name).sort());
  });
});

describe('gates', () => {
  const disabled = (reason: string) => ({
    class: 'CommandNotFound',
    desc: `Command guest-ping has been disabled: ${reason}`,
  });
  const ping = '{"execute":"guest-ping"}';
  const lists = (allow: string[] | undefined, ...block: string[]) =>
    listGate({ block: new Set(block), ...(allow === undefined ? {} : { allow: new Set(allow) }) });

  it("a blocked command is refused with QEMU's text", async () => {
    assert.deepEqual(
      (await ask(ping, { gate: lists(undefined, 'guest-ping') }))?.error,
      disabled('the command is not allowed'),
    );
  });

  it('an allow list refuses everything else', async () => {
    assert.deepEqual((await ask(ping, { gate: lists(['guest-info']) }))?.error, disabled('the command is not allowed'));
    assert.deepEqual(await ask(ping, { gate: lists(['guest-ping']) }), { return: {} });
  });

  it('blocked wins over allowed', async () => {
    assert.ok((await ask(ping, { gate: lists(['guest-ping'], 'guest-ping') }))?.error);
  });

  it('an empty allow list allows nothing', async () => {
    assert.ok((await ask(ping, { gate: lists([]) }))?.error);
  });

  it('the demonstration refuses whatever is not read-only', async () => {
    for (const command of commands) {
      assert.equal(demoGate(command) === undefined, command.readOnly, command.name);
    }
    const reply = await ask('{"execute":"guest-shutdown"}', { gate: demoGate });
    assert.deepEqual(reply?.error, {
      class: 'CommandNotFound',
      desc: 'Command guest-shutdown has been disabled: refused in demo mode',
    });
  });

  it('the first of several that objects decides', () => {
    const [command] = commands;
    assert.ok(command);
    assert.equal(allGates([allowAll, () => 'a', () => 'b'])(command), 'a');
    assert.equal(allGates([allowAll])(command), undefined);
  });
});

it('arguments are all checked before a command runs', async () => {
  let runs = 0;
  const counting = defineCommand({
    name: 'guest-counting',
    since: '0',
    summary: '',
    testedBy: 'here',
    args: object({ a: int64 }),
    result: nothing,
    needs: [],
    readOnly: true,
    run: () => {
      runs++;
      return undefined;
    },
  });
  await ask('{"execute":"guest-counting","arguments":{"a":1,"b":2}}', { table: [counting] });
  assert.equal(runs, 0);
});
