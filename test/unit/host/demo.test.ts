import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { AgentProcess } from '#host/demo/agent-process.ts';
import { runDemo } from '#host/demo/main.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { type FakeIo, fakeIo, fakeTerminal } from '#test/support/terminal.ts';
import { until } from '#test/support/until.ts';

/** A program with the system-agent's command line: `node AGENT system-agent --qga unix-listen:PATH ...`. */
const AGENT = `
  import { createServer } from 'node:net';
  import { appendFileSync, existsSync, statSync, writeFileSync } from 'node:fs';
  import path from 'node:path';
  const [log, mood, ...args] = process.argv.slice(2);
  const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  if (args[0] === 'session-agent') {
    writeFileSync(log + '-session', JSON.stringify({ pid: process.pid, args, effects: process.env.UGA_EFFECTS }));
    if (mood === 'no-session') {
      process.on('exit', () => writeFileSync(log + '-ended', ''));
      process.exit(2);
    }
    await new Promise((resolve) => setTimeout(resolve, 100_000));
  }
  const socketPath = args[args.indexOf('--qga') + 1].slice('unix-listen:'.length);
  const directory = path.dirname(socketPath);
  const mode = (statSync(directory).mode & 0o777).toString(8);
  writeFileSync(log, JSON.stringify({ pid: process.pid, args, directory, mode }));
  if (mood === 'dies') {
    process.stderr.write('the disk \\u001b[31mis full\\n');
    process.exit(7);
  }
  process.on('SIGTERM', () => { appendFileSync(log, '\\nSIGTERM'); process.exit(0); });
  const answers = {
    'guest-info': { version: '1', supported_commands: [{ name: 'guest-ping', enabled: true }, { name: 'guest-exec', enabled: false }] },
    'guest-get-host-name': { 'host-name': 'evil\\u001b]0;x\\u0007' },
    'guest-get-osinfo': { 'pretty-name': 'Test OS', 'kernel-release': '6.1', machine: 'x86_64' },
    'guest-get-users': [{ user: 'ada', 'login-time': 1700000000.5 }],
    'guest-get-timezone': { zone: 'UTC', offset: 0 },
    'guest-network-get-interfaces': [
      { name: 'lo', 'ip-addresses': Array.from({ length: 10 }, () => ({ 'ip-address': '127.0.0.1', prefix: 8 })) },
      ...Array.from({ length: 20 }, (_, at) => ({ name: 'eth' + at })),
    ],
  };
  createServer((socket) => {
    let text = '';
    socket.on('error', () => {}).on('data', (bytes) => {
      const lines = (text + bytes.toString('latin1')).split('\\n');
      text = lines.pop();
      for (const line of lines) {
        const request = JSON.parse(line.replace(/^\\xff/, ''));
        if (request.execute === 'die') process.exit(7);
        // The session agent has ended, and that has been seen, before there is an answer.
        if (mood === 'no-session' && request.execute === 'guest-info') {
          while (!existsSync(log + '-ended')) wait(20);
          wait(500);
        }
        if (request.execute === 'guest-sync-delimited') socket.write(Buffer.from('ff', 'hex'));
        const value = request.arguments?.id ?? answers[request.execute];
        if (request.execute === 'guest-get-time') socket.write('{"return": 1700000000123456789}\\n');
        else if (value === undefined) socket.write('{"error": {"class": "CommandNotFound", "desc": "none"}}\\n');
        else socket.write(JSON.stringify({ return: value }) + '\\n');
      }
    });
  }).listen(socketPath);
`;

interface Lab {
  readonly uga: string[];
  /** What the session agent noted: its pid, arguments and the effects it may have. */
  readonly session: () => string;
  /** What the agent noted: its pid, arguments and folder, and that it got a SIGTERM. */
  readonly log: () => string;
}

async function lab(mood: string, test: (lab: Lab) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const script = path.join(folder.path, 'agent.mjs');
  const logFile = path.join(folder.path, 'log');
  writeFileSync(script, AGENT);
  await test({
    uga: [process.execPath, script, logFile, mood],
    log: () => readFileSync(logFile, 'utf8'),
    session: () => readFileSync(`${logFile}-session`, 'utf8'),
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function shows(io: FakeIo, text: string): Promise<void> {
  return until(() => (io.out() + io.err()).includes(text), text);
}

describe('the agent process', () => {
  it('is killed when it is deaf to SIGTERM', async () => {
    const script = "process.on('SIGTERM', () => {}); process.stderr.write('up'); setInterval(() => {}, 1000)";
    await using agent = new AgentProcess([process.execPath, '-e', script], {}, 50);
    await until(() => agent.lastLines(1)[0] === 'up');
    await agent.stop();
    assert.equal(agent.end, 'was ended by SIGKILL');
  });

  it('counts as ended although a child of it holds its stderr', async () => {
    const script = `
      const { pid } = require('child_process').spawn('sleep', ['100'], { stdio: 'inherit' });
      require('fs').writeSync(2, String(pid));
      process.exit(3);`;
    await using agent = new AgentProcess([process.execPath, '-e', script]);
    try {
      await until(() => agent.end !== undefined);
      assert.equal(agent.end, 'ended with code 3');
    } finally {
      process.kill(Number(agent.lastLines(1)[0]));
    }
  });

  it('keeps no more than the end of what it says', async () => {
    const script = "for (let at = 0; at < 100000; at++) console.error('line ' + at)";
    await using agent = new AgentProcess([process.execPath, '-e', script]);
    await once(agent.death, 'abort');
    assert.deepEqual(agent.lastLines(2), ['line 99998', 'line 99999']);
    assert.ok(agent.lastLines(100_000).join('\n').length <= 16 * 1024);
  });
});

const MISSING = 'not available (nobody listens)';

describe('the demonstration', () => {
  it('without a terminal prints one summary, ends the agent and leaves nothing behind', async () => {
    await lab('well', async ({ uga, log }) => {
      const io = fakeIo();
      assert.equal(await runDemo([], io, { uga }), 0);
      const interfaces = Array.from({ length: 15 }, (_, at) => `            eth${at}: no address`);
      assert.equal(
        io.out().replace(/not available \(cannot connect.*ENOENT.*\)/g, MISSING),
        `${[
          'An agent on this machine says:',
          '',
          'QEMU guest agent',
          'agent       version 1, 1 of 2 commands enabled',
          'host name   evil\\u{1B}]0;x\\u{7}',
          'system      Test OS, kernel 6.1, x86_64',
          'time        2023-11-14T22:13:20.123Z',
          'time zone   UTC, 0 s east of UTC',
          'users       ada, since 2023-11-14T22:13:20.500Z',
          `interfaces  lo: ${'127.0.0.1/8, '.repeat(8)}and 2 more`,
          ...interfaces,
          '            and 5 more',
          '',
          'oVirt guest agent',
          MISSING,
          '',
          'SPICE agent',
          MISSING,
          '',
          'Demo mode: commands that change anything answer "refused in demo mode".',
        ].join('\n')}\n`,
      );
      const [first = '', second] = log().split('\n');
      const { pid, args, directory, mode } = JSON.parse(first);
      assert.deepEqual(args, [
        'system-agent',
        '--demo',
        '--qga',
        `unix-listen:${directory}/qga.sock`,
        '--ovirt',
        `unix-listen:${directory}/ovirt.sock`,
        '--vdagent',
        `unix-listen:${directory}/vdagent.sock`,
        '--link',
        `${directory}/link.sock`,
        '--control',
        `${directory}/control.sock`,
        '--state-dir',
        `${directory}/state`,
        '--config',
        `${directory}/uga.conf`,
      ]);
      assert.equal(mode, '700');
      assert.equal(second, 'SIGTERM');
      assert.equal(isAlive(pid), false);
      assert.equal(existsSync(directory), false);
    });
  });

  it('says what the agent said last when it does not start', async () => {
    await lab('dies', async ({ uga }) => {
      const io = fakeIo();
      assert.equal(await runDemo([], io, { uga }), 1);
      assert.equal(io.err(), 'uga demo: the agent ended with code 7\n  the disk \\u{1B}[31mis full\n');
    });
  });

  it('says so when the agent cannot be run at all', async () => {
    const io = fakeIo();
    assert.equal(await runDemo([], io, { uga: ['/nonexistent/node'] }), 1);
    assert.match(io.err(), /^uga demo: the agent could not be started: .*ENOENT/);
  });

  it('on a terminal ends with a prompt, and with the agent when that dies', async () => {
    await lab('well', async ({ uga }) => {
      const terminal = fakeTerminal();
      const ended = runDemo([], terminal, { uga });
      await shows(terminal, 'uga> ');
      terminal.type('guest-get-users\r');
      await shows(terminal, '"user": "ada"');
      terminal.type('die\r');
      assert.equal(await ended, 1);
      assert.match(terminal.err(), /uga demo: the agent ended with code 7\n/);
    });
  });

  it('ends the agent and cleans up when it is told to end', async () => {
    await lab('well', async ({ uga, log }) => {
      const terminal = fakeTerminal();
      const ended = runDemo([], terminal, { uga });
      await shows(terminal, 'uga> ');
      process.emit('SIGTERM', 'SIGTERM');
      assert.equal(await ended, 143);
      const { pid, directory } = JSON.parse(log().split('\n')[0] ?? '');
      assert.equal(isAlive(pid), false);
      assert.equal(existsSync(directory), false);
    });
  });

  it('runs a session agent beside it where there is a display, which must not touch the desktop', async () => {
    await lab('well', async ({ uga, log, session }) => {
      const terminal = fakeTerminal();
      const ended = runDemo([], terminal, { uga, display: ':7' });
      await shows(terminal, 'uga> ');
      await until(() => existsSync(`${uga[2]}-session`) && session() !== '');
      terminal.type('quit\r');
      assert.equal(await ended, 0);
      const { directory } = JSON.parse(log().split('\n')[0] ?? '');
      const { pid, args, effects } = JSON.parse(session());
      assert.deepEqual(args, ['session-agent', '--link', `${directory}/link.sock`]);
      assert.equal(effects, 'refuse');
      assert.equal(isAlive(pid), false);
    });
  });

  it('goes on without a session agent', async () => {
    await lab('no-session', async ({ uga }) => {
      const io = fakeIo();
      assert.equal(await runDemo([], io, { uga, display: ':7' }), 0);
      assert.match(io.out(), /Demo mode: .*\nThe session agent ended with code 2\.\n$/);
    });
  });

  it('with --real asks on a terminal and starts nothing after any answer but yes', async () => {
    await lab('well', async ({ uga, log }) => {
      for (const answer of ['\r', 'n\r', '\u0004', '\u0003']) {
        const terminal = fakeTerminal();
        const ended = runDemo(['--real'], terminal, { uga });
        await shows(terminal, 'THIS machine');
        terminal.type(answer);
        assert.equal(await ended, 0);
        assert.throws(log, { code: 'ENOENT' });
      }
    });
  });

  it('with --real and without a terminal is refused', async () => {
    await lab('well', async ({ uga, log }) => {
      const io = fakeIo({ stdin: 'y\n' });
      assert.equal(await runDemo(['--real'], io, { uga }), 2);
      assert.match(io.err(), /^uga demo: --real asks before it starts and needs a terminal\n/);
      assert.throws(log, { code: 'ENOENT' });
    });
  });

  it('with an unknown option is refused', async () => {
    assert.equal(await runDemo(['--fake'], fakeIo(), { uga: ['/nonexistent/node'] }), 2);
  });
});
