import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { startOracle, startSystemAgent } from '#test/support/agents.ts';
import { assertHarmless } from '#test/support/oracle.ts';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';
import { QmpClient } from '#test/support/qmp/client.ts';
import { comparable } from '#test/support/qmp/dialogue.js';
import { Front } from '#test/support/qmp/front.ts';

const AGENTS = [
  { name: 'qemu-ga', start: startOracle, skip: without('qemu-ga') },
  { name: 'our system-agent', start: startSystemAgent, skip: false },
] as const;

const GOLDEN: { readonly dialogue: readonly { readonly say: string; readonly hear: readonly string[] }[] } = JSON.parse(
  readFileSync('test/golden/qmp/qemu-negotiation.json', 'utf8'),
);

for (const { name, start, skip } of AGENTS) {
  describe(`uga host qmp in front of ${name}`, { skip }, () => {
    it("negotiates and fails as QEMU's own server does", async () => {
      await using agent = await start();
      await using front = await Front.before(agent);
      using client = await QmpClient.connect(front.socket, 'client', assertHarmless);
      let heard = 0;
      for (const { say, hear } of GOLDEN.dialogue) {
        client.say(`${say}\n`);
        for (const expected of hear) {
          while ((await client.line(heard)).includes('"event"')) heard++;
          assert.equal(comparable(client.lines[heard++] ?? ''), comparable(expected), say);
        }
      }
    });

    it('serves four clients at once', async () => {
      await using agent = await start();
      await using front = await Front.before(agent);
      const clients = await Promise.all([1, 2, 3, 4].map(() => front.client('same')));
      const osinfo = await Promise.all(clients.map((client) => client.execute('guest-get-osinfo')));
      for (const one of osinfo) assert.deepEqual(one, osinfo[0]);
      await Promise.all(
        clients.map(async (client, who) => {
          for (let call = 0; call < 50; call++) {
            const id = who * 1000 + call;
            assert.equal(await client.execute(call % 2 ? 'guest-sync' : 'guest-sync-delimited', { id }), id);
            assert.equal((await client.ask('guest-nonsense')).error?.class, 'CommandNotFound');
          }
        }),
      );
      const commands = (await clients[0]?.execute('query-commands')) as { name: string }[];
      assert.ok(commands.some((command) => command.name === 'guest-get-osinfo'));
      assert.ok(commands.some((command) => command.name === 'query-qmp-schema'));
    });

    it('outlives it, and goes on with the next', async () => {
      await using front = await (async () => {
        await using agent = await start();
        const front = await Front.before(agent);
        const [one, other] = [await front.client(), await front.client()];
        assert.deepEqual(await one.execute('guest-ping'), {});
        agent.program.kill('SIGSTOP');
        const inFlight = [one.ask('guest-ping'), other.ask('guest-get-osinfo')];
        agent.program.kill('SIGKILL');
        const errors = (await Promise.all(inFlight)).map(({ error }) => `${error?.class}: ${error?.desc}`);
        for (const error of errors) assert.match(error, /^GenericError: (the connection is lost|not sent: )/);
        for (const client of [one, other]) await client.event('UGA_AGENT_DISCONNECTED');
        return front;
      })();
      const client = await front.client();
      assert.match((await client.ask('guest-ping')).error?.desc ?? '', /^not sent: cannot connect to /);
      await using next = await start();
      front.turnTo(next);
      assert.deepEqual(await client.execute('guest-ping'), {});
      await client.event('UGA_AGENT_CONNECTED');
    });
  });
}

describe('uga host qmp', () => {
  it('says when an agent is stuck, and when it is not any more', async () => {
    await using agent = await startSystemAgent();
    await using front = await Front.before(agent);
    const client = await front.client();
    await client.event('UGA_AGENT_CONNECTED');
    await client.execute('uga-qmp-timeout', { milliseconds: 200 });
    agent.program.kill('SIGSTOP');
    assert.equal((await client.ask('guest-ping')).error?.class, 'GenericError');
    const { data } = await client.event('UGA_AGENT_DISCONNECTED');
    assert.match(String(data?.reason), /^no answer to /);
    agent.program.kill('SIGCONT');
    await client.event('UGA_AGENT_CONNECTED', 1);
    await client.execute('uga-qmp-timeout', { milliseconds: 20_000 });
    assert.deepEqual(await client.execute('guest-ping'), {});
  });

  it('says that nobody answers behind a port of QEMU that no agent has opened', {
    skip: without('qemu-system-x86_64'),
  }, async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'port.sock');
    await using qemu = new Program([
      ...(['qemu-system-x86_64', '-machine', 'pc', '-nodefaults', '-display', 'none', '-S'] as const),
      ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=qga,path=${socket},server=on,wait=off`],
      ...['-device', 'virtserialport,chardev=qga,name=org.qemu.guest_agent.0'],
    ]);
    await qemu.socket(socket);
    await using front = await Front.before({ socket });
    const client = await front.client();
    await client.execute('uga-qmp-timeout', { milliseconds: 3_000 });
    const { error } = await client.ask('guest-ping');
    assert.match(error?.desc ?? '', /^not sent: /);
    const { data } = await client.event('UGA_AGENT_DISCONNECTED');
    assert.match(String(data?.reason), /^no answer to guest-sync-delimited within /);
  });

  it('keeps its socket to itself, leaves it to nobody, and takes over that of one that died', async () => {
    await using agent = await startSystemAgent();
    await using front = await Front.before(agent);
    assert.equal(statSync(front.socket).mode & 0o777, 0o600);
    const second = front.second();
    assert.deepEqual(await second.exited, { code: 3, signal: null });
    assert.match(second.stderr, /^uga host qmp: cannot listen on .*: another agent listens there\n$/);
    front.program.kill('SIGKILL');
    await front.program.exited;
    assert.ok(existsSync(front.socket));
    await front.again();
    const client = await front.client();
    assert.deepEqual(await client.execute('guest-ping'), {});
  });

  it('ends with 0 at SIGTERM, in the middle of whatever is under way', async () => {
    await using agent = await startSystemAgent();
    await using front = await Front.before(agent);
    const [idle, busy] = [await front.client(), await front.client()];
    agent.program.kill('SIGSTOP');
    busy.say('{"execute": "guest-ping"}');
    front.program.kill('SIGTERM');
    assert.deepEqual(await front.program.exited, { code: 0, signal: null });
    assert.ok(!existsSync(front.socket));
    await until(() => idle.closed && busy.closed, 'the clients to be cut off');
    agent.program.kill('SIGCONT');
  });
});

/** The client that QEMU brings in its source, python/qemu/qmp; no Debian package has it. */
const SCRIPT = `
import asyncio, sys
from qemu.qmp import QMPClient
from qemu.qmp.qmp_client import ExecuteError

async def client(number):
    qmp = QMPClient(str(number))
    await qmp.connect(sys.argv[1])
    for call in range(20):
        ident = number * 1000 + call
        assert await qmp.execute('guest-sync', {'id': ident}) == ident
    try:
        await qmp.execute('guest-nonsense')
    except ExecuteError as error:
        assert error.error_class == 'CommandNotFound', error
    names = [command['name'] for command in await qmp.execute('query-commands')]
    assert 'guest-ping' in names and 'query-version' in names, names
    await qmp.disconnect()

async def main():
    await asyncio.gather(*[client(number) for number in range(4)])
    print('done')

asyncio.run(main())
`;
const hasClient = spawnSync('python3', ['-c', 'import qemu.qmp']).status === 0;

it("QEMU's own client drives uga host qmp, four at once", {
  skip: hasClient ? false : 'python3 has no qemu.qmp: set PYTHONPATH to the folder python of a QEMU source',
}, async () => {
  await using agent = await startSystemAgent();
  await using front = await Front.before(agent);
  await using python = new Program(['python3', '-c', SCRIPT, front.socket]);
  const { code } = await python.exited;
  assert.deepEqual([code, python.stdout, python.stderr], [0, 'done\n', '']);
});
