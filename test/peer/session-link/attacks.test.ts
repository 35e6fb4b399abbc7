import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Dumb, dumbFrame } from '#test/support/dumb-msgpack.ts';
import type { Report } from '#test/support/link/system-side.ts';
import { openDescriptors, residentKib } from '#test/support/processes.ts';
import { locate, Program, temporaryFolder, without } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

const SYSTEM_SIDE = fileURLToPath(new URL('./support-link-system-side.js', import.meta.url));
const SESSION_SIDE = fileURLToPath(new URL('./support-link-session-side.js', import.meta.url));

const OUR_UID = process.getuid?.() ?? 0;
const STRANGER = 65534;
const skip = OUR_UID === 0 ? without('setpriv') : 'needs root, to be another user';

const HELLO_BODY = { oldest: 1, newest: 1, build: 'evil', display: 'none', features: [] };
const hello = (body: Dumb = HELLO_BODY) => dumbFrame({ kind: 'notification', name: 'hello', body });
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** Lines of one message that may be logged in the time of one test. */
const FEW_LINES = 30;

/** Opens connections, sends the same bytes on each, holds them until the other side closes; all of them, then it ends. */
const ATTACKER = `
  const [path, count, hex, more, times] = process.argv.slice(1);
  const bytes = Buffer.from(hex + more.repeat(Number(times)), 'hex');
  let opened = 0, closed = 0, heard = '';
  const again = () => setTimeout(open, 5);
  function open() {
    if (opened >= Number(count)) return;
    let counted = false;
    const socket = require('node:net').connect(path, () => {
      if (opened >= Number(count)) return socket.destroy();
      counted = true;
      opened++;
      socket.write(bytes);
    });
    socket.on('data', (data) => { heard = (heard + data.toString('latin1')).slice(-500); });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (counted) closed++;
      if (closed === Number(count)) {
        console.log(heard.replace(/[^ -~]/g, '.'));
        process.exit(0);
      }
      again();
    });
  }
  for (let at = 0; at < Math.min(Number(count), 200); at++) open();
`;

/** Connects, leaves the connection to its child and ends; the child speaks when nobody remembers its parent. */
const ORPHAN = `
  use Socket;
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
  connect($s, pack_sockaddr_un($ARGV[0])) or die;
  if (my $child = fork) { exit 0 }
  select(undef, undef, undef, 0.5);
  syswrite($s, pack("H*", $ARGV[1]));
  sysread($s, my $answer, 1000);
  $answer =~ s/[^ -~]/./g;
  print "$answer\\n";
`;

/** An agent that ends after its hello is answered, and leaves the connection to its child. */
const LEFT_BEHIND = `
  use Socket;
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
  connect($s, pack_sockaddr_un($ARGV[0])) or die;
  syswrite($s, pack("H*", $ARGV[1]));
  sysread($s, my $answer, 1000);
  if (my $child = fork) { exit 0 }
  1 while sysread($s, $answer, 1000);
`;

describe('local users that attack the session link', { skip }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let socket: string;
  let system: Program;
  let agent: Program;

  // Anew for each, because what one test does often is not logged in the next.
  beforeEach(async () => {
    folder = temporaryFolder();
    socket = path.join(folder.path, 'run', 'link.sock');
    chmodSync(folder.path, 0o755);
    system = startSystem();
    await system.socket(socket);
    agent = new Program([process.execPath, SESSION_SIDE, socket]);
    await until(() => report().answered > 0);
  });
  afterEach(async () => {
    await agent[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  function startSystem(): Program {
    return new Program([process.execPath, SYSTEM_SIDE, socket, String(OUR_UID), String(STRANGER)]);
  }

  function report(): Report {
    const lines = system.stdout.split('\n');
    return JSON.parse(lines.at(-2) ?? '{"answered":0}') as Report;
  }

  /** Runs as another user; what the server answered to the last connections. */
  async function attack(count: number, bytes: Uint8Array, more: Uint8Array = Buffer.of(), times = 0): Promise<string> {
    const argv = ['-e', ATTACKER, socket, String(count), hex(bytes), hex(more), String(times)];
    await using attacker = asStranger(process.execPath, ...argv);
    const { code } = await attacker.exited;
    assert.equal(code, 0, attacker.stderr);
    return attacker.stdout;
  }

  function asStranger(...argv: string[]): Program {
    const setpriv = locate('setpriv') ?? 'setpriv';
    return new Program([setpriv, '--reuid', String(STRANGER), '--regid', String(STRANGER), '--clear-groups', ...argv]);
  }

  /** The served agent answers on, over the connection that it had, and the attack left little behind. */
  async function undisturbed(attacked: () => Promise<void>): Promise<{ readonly reason: string }> {
    const earlier = report();
    const descriptors = openDescriptors(system.pid);
    const logged = system.stderr.length;
    await attacked();
    const { answered } = report();
    await until(() => report().answered > answered + 10);
    await until(() => openDescriptors(system.pid) <= descriptors);
    assert.equal(report().failed, earlier.failed);
    assert.equal(agent.stdout, 'up\n');
    assert.ok(system.running && agent.running);
    const log = system.stderr.slice(logged);
    assert.ok(log.split('\n').length < FEW_LINES, log);
    return { reason: log };
  }

  it('CVE-2020-25652, connection flooding: 10,000 are turned away beyond a few, memory flat', {
    timeout: 120_000,
  }, async () => {
    await attack(20_000, dumbFrame({ kind: 'later' })); // the heap takes its size
    const earlier = report();
    const resident = residentKib(system.pid);
    await undisturbed(async () => {
      await attack(10_000, dumbFrame({ kind: 'later' }));
    });
    const { accepted, turnedAway, refused } = report();
    assert.ok(accepted - earlier.accepted >= 10_000);
    assert.ok(turnedAway + refused - earlier.turnedAway - earlier.refused >= 10_000);
    const grown = residentKib(system.pid) - resident;
    assert.ok(grown < 20_000, `grew by ${grown} KiB`);
  });

  it('connections that say nothing, or half of something, are closed after a while', { timeout: 60_000 }, async () => {
    const { reason } = await undisturbed(async () => {
      const half = [Buffer.of(), Buffer.of(9, 0), hello().subarray(0, 30)];
      await Promise.all(half.map((bytes) => attack(5, bytes)));
    });
    assert.match(reason, /no hello within 5000 ms/);
  });

  const REFUSED: Readonly<Record<string, readonly [Uint8Array, RegExp, more?: Uint8Array]>> = {
    'a frame of 4 GiB': [Buffer.of(255, 255, 255, 255, 0x80), /frame of 4294967295 bytes/],
    'a frame of 4 GiB after the hello': [
      Buffer.concat([hello(), Buffer.of(255, 255, 255, 255)]),
      /dropped.*frame of 4294967295 bytes/,
    ],
    'no hello': [dumbFrame({ kind: 'request', id: 1, name: 'clipboard.read' }), /first frame is no hello/],
    "another user's session": [hello({ ...HELLO_BODY, session: '1' }), /no such graphical session of the user/],
    'a version of the far future': [hello({ ...HELLO_BODY, oldest: 900, newest: 901 }), /link versions 900 to 901/],
    'answers to what nobody asked': [hello(), /too many frames/, dumbFrame({ kind: 'response', id: 7 })],
    'chunks of a stream that nobody takes': [
      hello(),
      /too many frames that are illegal now/,
      dumbFrame({ kind: 'stream-data', id: 7, body: Buffer.alloc(100) }),
    ],
  };
  for (const [name, [bytes, reason, more]] of Object.entries(REFUSED)) {
    it(`${name}: refused, with the reason in the log`, { timeout: 60_000 }, async () => {
      const { reason: log } = await undisturbed(async () => {
        await attack(1, bytes, more, 1500);
      });
      assert.match(log, reason);
    });
  }

  it("another user's session is refused to its face, too", async () => {
    assert.match(await attack(1, hello({ ...HELLO_BODY, session: '1' })), /refused.*no such graphical session/);
  });

  it('requests whose answers are never read end the connection', { timeout: 60_000 }, async () => {
    // Everything is written at once by a client that does not read before the end.
    const ask = dumbFrame({ kind: 'request', id: 7, name: 'nobody.answers' });
    const script = `
      const socket = require('node:net').connect(process.argv[1]);
      socket.pause();
      socket.on('error', () => {});
      socket.on('close', () => process.exit(0));
      socket.write(Buffer.from(process.argv[2], 'hex'));
      const many = Buffer.from(process.argv[3].repeat(2000), 'hex');
      const more = () => { while (!socket.destroyed && socket.write(many)); };
      socket.on('drain', more);
      more();
    `;
    const { reason } = await undisturbed(async () => {
      await using attacker = asStranger(process.execPath, '-e', script, socket, hex(hello()), hex(ask));
      assert.equal((await attacker.exited).code, 0, attacker.stderr);
    });
    assert.match(reason, /does not read the answers/);
  });

  it('CVE-2020-25653, pid reuse: a connection whose process has ended is nobody, whoever holds it', {
    skip: without('perl'),
  }, async () => {
    const { reason } = await undisturbed(async () => {
      await using orphan = asStranger('perl', '-e', ORPHAN, socket, hex(hello()));
      await until(() => /the process has ended/.test(system.stderr));
      assert.equal((await orphan.exited).code, 0);
    });
    assert.match(reason, /refused.*the process has ended/);
  });

  it('pid reuse: an agent that has ended gives way, whoever holds its connection', {
    skip: without('perl'),
  }, async () => {
    await using left = asStranger('perl', '-e', LEFT_BEHIND, socket, hex(hello()));
    await until(() => report().agents.length === 2);
    await until(() => !left.running);
    await using next = asStranger('perl', '-e', LEFT_BEHIND, socket, hex(hello()));
    await until(() => /session agent dropped.*the process has ended/.test(system.stderr));
    assert.equal((await left.exited).code, 0);
    assert.equal(report().failed, 0);
    process.kill(system.pid, 'SIGKILL'); // ends the child that still reads
    await next.exited;
  });

  it('an agent of its own session that comes and goes all the time is logged now and then', {
    timeout: 60_000,
  }, async () => {
    const broken = Buffer.concat([hello(), Buffer.of(0, 0, 0, 0)]);
    await undisturbed(async () => {
      await attack(1000, broken);
    });
  });

  it('a killed agent is replaced; a killed server is found again on its stale path', { timeout: 60_000 }, async () => {
    process.kill(agent.pid, 'SIGKILL');
    await until(() => report().agents.length === 0);
    await agent[Symbol.asyncDispose]();
    agent = new Program([process.execPath, SESSION_SIDE, socket]);
    await until(() => report().agents.length === 1);
    process.kill(system.pid, 'SIGKILL');
    await until(() => agent.stdout === 'up\ndown\n');
    await sleep(200);
    await system[Symbol.asyncDispose]();
    system = startSystem();
    await until(() => agent.stdout === 'up\ndown\nup\n');
    await until(() => report().answered > 0);
  });
});
