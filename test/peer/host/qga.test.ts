import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { QgaClient } from '#host/qga/client.ts';
import { readCommands } from '#host/qga/info.ts';
import { ourProgram, safeEnvironment, startOracle, startSystemAgent } from '#test/support/agents.ts';
import { assertHarmless } from '#test/support/oracle.ts';
import { without } from '#test/support/programs.ts';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `uga host qga --connect SOCKET WORDS`, as a process. What it would send must be harmless: see askOracle. */
function host(socket: string, words: readonly string[], stdin = ''): Promise<Outcome> {
  assertHarmless([...words, stdin].join(' '));
  const [file, ...face] = ourProgram('host');
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...face, 'qga', '--connect', socket, ...words], { env: safeEnvironment() });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(stdin);
  });
}

const AGENTS = [
  { name: 'qemu-ga', start: startOracle, skip: without('qemu-ga') },
  { name: 'our system-agent', start: startSystemAgent, skip: false },
] as const;

for (const { name, start, skip } of AGENTS) {
  describe(`the host client and ${name}`, { skip }, () => {
    it('agree on every answer that only reads', async () => {
      await using agent = await start();
      await using client = await QgaClient.connect(agent.socket);
      const commands = readCommands(await client.request('guest-info'));
      assert.ok(commands.some((command) => command.name === 'guest-get-osinfo' && command.enabled));
      assert.deepEqual(await client.request('guest-ping'), new Map());
      const id = -9223372036854775808n;
      assert.equal(await client.request('guest-sync', { id }), id);
      assert.equal(await client.request('guest-sync-delimited', { id }), id);
      const time = await client.request('guest-get-time');
      assert.ok(typeof time === 'bigint' && time > 1_700_000_000_000_000_000n);
      for (const command of ['guest-get-osinfo', 'guest-get-host-name', 'guest-get-timezone']) {
        assert.ok((await client.request(command)) instanceof Map, command);
      }
      for (const command of ['guest-get-users', 'guest-network-get-interfaces']) {
        assert.ok(Array.isArray(await client.request(command)), command);
      }
    });

    it('agree on errors and stay in step after them', async () => {
      await using agent = await start();
      await using client = await QgaClient.connect(agent.socket);
      await assert.rejects(client.request('guest-nonsense'), { code: 'not-found', guestClass: 'CommandNotFound' });
      await assert.rejects(client.request('guest-ping', { foo: 1 }), {
        guestClass: 'GenericError',
        desc: "Parameter 'foo' is unexpected",
      });
      assert.deepEqual(await client.request('guest-ping'), new Map());
    });

    it('find each other after a client that left half a request and an unread reply', async () => {
      await using agent = await start();
      await new Promise<void>((resolve) => {
        const rude = connect(agent.socket, () => {
          rude.end('{"execute": "guest-ping"}\n{"execute": "guest-sync", "arguments": {"id": 1', () => resolve());
        });
      });
      await using client = await QgaClient.connect(agent.socket);
      assert.deepEqual(await client.request('guest-ping'), new Map());
    });
  });

  describe(`uga host qga and ${name}`, { skip }, () => {
    it('print JSON, tell by the exit code, and take a prompt from a pipe', async () => {
      await using agent = await start();
      const osinfo = await host(agent.socket, ['guest-get-osinfo']);
      assert.deepEqual([osinfo.code, osinfo.err], [0, '']);
      assert.equal(typeof JSON.parse(osinfo.out)['kernel-release'], 'string');
      assert.deepEqual(await host(agent.socket, ['guest-sync', 'id=9223372036854775807']), {
        code: 0,
        out: '9223372036854775807\n',
        err: '',
      });
      assert.deepEqual(await host(agent.socket, ['guest-sync', '-'], '{"id": 5}'), { code: 0, out: '5\n', err: '' });
      const unknown = await host(agent.socket, ['guest-nonsense']);
      assert.deepEqual([unknown.code, unknown.out], [1, '']);
      assert.match(unknown.err, /^guest-nonsense: CommandNotFound: /);
      const piped = await host(agent.socket, [], 'guest-ping\nguest-sync id=7\nguest-nonsense\nstatus\n');
      assert.equal(piped.code, 1);
      assert.match(piped.out, /^\{\}\n7\nagent {7}version [\s\S]*\ninterfaces {2}lo: 127\.0\.0\.1\/8/);
    });
  });
}

describe('uga host qga and nobody', () => {
  it('ends with 3 when there is no socket', async () => {
    const { code, out, err } = await host('/nonexistent/qga.sock', ['guest-ping']);
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /^guest-ping: cannot connect to \/nonexistent\/qga\.sock: /);
  });

  it('ends with 2 for a command line that makes no sense', async () => {
    assert.equal((await host('x', ['--nonsense'])).code, 2);
  });
});
