import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ourProgram, type RunningAgent, safeEnvironment, startSystemAgent } from '#test/support/agents.ts';
import { openDescriptors, residentKib } from '#test/support/processes.ts';
import { locate, Program, until, without } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

const OUR_UID = process.getuid?.() ?? 0;
const STRANGER = 65534;
const skip = OUR_UID === 0 ? without('setpriv') : 'needs root, to be another user';

const controlOf = ({ folder }: RunningAgent) => path.join(folder, 'control.sock');

function uga(...args: string[]) {
  const [file, bundle] = ourProgram('');
  return call([file, bundle ?? '', ...args]);
}

function call([file = '', ...args]: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    env: safeEnvironment(),
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

function asStranger(...argv: string[]): [string, ...string[]] {
  return [
    locate('setpriv') ?? 'setpriv',
    '--reuid',
    `${STRANGER}`,
    '--regid',
    `${STRANGER}`,
    '--clear-groups',
    ...argv,
  ];
}

/** An agent whose folder every user may enter, as the installed one's. */
async function start(): Promise<RunningAgent> {
  const agent = await startSystemAgent();
  chmodSync(agent.folder, 0o755);
  await until(() => uga('status', '--control', controlOf(agent)).status === 0, 'an answer at the control socket');
  return agent;
}

describe('uga status', () => {
  it('tells what the agent does, for people and for programs', async () => {
    await using agent = await start();
    await exchange(agent.socket, '{"execute":"guest-ping"}\n');
    const { status, stdout, stderr } = uga('status', '--control', controlOf(agent));
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(
      stdout,
      new RegExp(`^uga \\S+ \\(\\S+\\), process ${agent.program.pid}, up \\d+ s, started to change`),
    );
    assert.match(stdout, /^ {2}qga .*unix-listen:/m);
    assert.match(stdout, /1 requests, last guest-ping \d+ s ago/);
    const json = JSON.parse(uga('status', '--json', '--control', controlOf(agent)).stdout);
    assert.equal(json.running, true);
    assert.equal(json.status.program.pid, agent.program.pid);
    assert.equal(json.status.doors[0].traffic.requests, 1);
    assert.deepEqual(
      json.status.doors.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`).slice(1),
      ['ovirt off', 'vdagent off'],
    );
  });

  it('another user is not told what hosts ask', { skip }, async () => {
    await using agent = await start();
    await exchange(agent.socket, '{"execute":"guest-ping"}\n');
    const [node, bundle = ''] = ourProgram('');
    const { status, stdout } = call(asStranger(node, bundle, 'status', '--control', controlOf(agent)));
    assert.equal(status, 0);
    assert.match(stdout, /only root is told/);
    assert.doesNotMatch(stdout, /guest-ping|requests/);
  });

  it('--watch shows changes as they come, a line of JSON each, and that the agent has ended', async () => {
    await using agent = await start();
    await using watcher = new Program([...ourProgram('status'), '--watch', '--json', '--control', controlOf(agent)]);
    await until(() => watcher.stdout.includes('\n'), 'the first line');
    await exchange(agent.socket, '{"execute":"guest-info"}\n');
    await until(() => /"name": "guest-info"/.test(watcher.stdout), 'the change');
    agent.program.kill('SIGTERM');
    await until(() => watcher.stdout.endsWith('{"running": false}\n'), 'the end');
    watcher.kill('SIGINT');
    assert.deepEqual(await watcher.exited, { code: 0, signal: null });
    for (const line of watcher.stdout.trimEnd().split('\n')) JSON.parse(line);
  });

  it('without an agent: 3, and how to start it; wrong options: 2', () => {
    const none = uga('status', '--control', '/nonexistent/control.sock');
    assert.equal(none.status, 3);
    assert.match(none.stderr, /not running, there is no socket .*\nStart it: systemctl start uga-system-agent\n$/);
    const json = uga('status', '--json', '--control', '/nonexistent/control.sock');
    assert.deepEqual([json.status, json.stdout], [3, '{"running": false}\n']);
    assert.equal(uga('status', '--control', 'relative').status, 2);
    assert.equal(uga('status', 'stray').status, 2);
  });
});

/** Opens COUNT connections one after the other, writes TEXT on each, reads nothing, and holds at most 50 at a time. */
const ATTACKER = `
  const [path, count, text] = process.argv.slice(1);
  let opened = 0, closed = 0;
  const open = () => {
    if (opened++ >= Number(count)) return;
    const socket = require('node:net').connect(path, () => socket.write(text));
    socket.pause();
    socket.on('error', () => {});
    socket.on('close', () => { if (++closed === Number(count)) process.exit(0); open(); });
    setTimeout(() => socket.destroy(), 200);
  };
  for (let at = 0; at < 50; at++) open();
`;

describe('local users that attack the control socket', { skip }, () => {
  const attacks = {
    silent: '',
    garbage: '\u0001\u0002\u00ff garbage \n'.repeat(20),
    endless: 'x'.repeat(100_000),
    'watchers that read nothing': '{"ask": "watch"}\n',
    'many questions on one connection': '{"ask": "status"}\n'.repeat(1_000),
  };
  for (const [name, text] of Object.entries(attacks)) {
    it(`${name}: root is answered meanwhile, and nothing stays`, { timeout: 120_000 }, async () => {
      await using agent = await start();
      const { pid } = agent.program;
      const descriptors = openDescriptors(pid);
      const logged = agent.program.stderr.length;
      const attack = (count: number) => {
        const argv = ['-e', ATTACKER, controlOf(agent), String(count), text];
        return new Program(asStranger(process.execPath, ...argv));
      };
      {
        await using first = attack(300); // the heap takes its size
        assert.equal((await first.exited).code, 0, first.stderr);
      }
      const resident = residentKib(pid);
      await using attacker = attack(600);
      const most: number[] = [];
      let answers = 0;
      while (attacker.running) {
        most.push(openDescriptors(pid));
        await using asked = new Program([...ourProgram('status'), '--control', controlOf(agent)]);
        if ((await asked.exited).code === 0) answers++;
      }
      assert.equal((await attacker.exited).code, 0, attacker.stderr);
      // Where strangers fill the kernel's queue root may have to ask again.
      assert.ok(answers > 0);
      // A connection costs its socket and the epoll descriptor that watches it.
      assert.ok(Math.max(...most) <= descriptors + 2 * (4 + 2), `${descriptors}, then ${most.join()}`);
      await until(() => openDescriptors(pid) <= descriptors, 'all descriptors closed', 30_000);
      assert.ok(residentKib(pid) - resident < 20_000);
      assert.ok(agent.program.stderr.slice(logged).split('\n').length < 60);
      await exchange(agent.socket, '{"execute":"guest-ping"}\n');
    });
  }

  it('a client that never asks is closed after a while', { timeout: 60_000 }, async () => {
    await using agent = await start();
    const script = `require('node:net').connect(process.argv[1]).on('close', () => process.exit(0)).resume()`;
    await using silent = new Program(asStranger(process.execPath, '-e', script, controlOf(agent)));
    assert.equal((await silent.exited).code, 0, silent.stderr);
  });
});
