import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { listenUnix } from '#shared/native/unix-socket.ts';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';
import { exchange } from '#test/support/raw-client.ts';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';

interface Kind {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly skip: string | false;
  /** What 7.2 exits with where it could not start; newer ones and we say 1. */
  readonly failure: 0 | 1;
}

const OURS: Kind = { name: 'our qemu-ga', argv: ourProgram('qemu-ga'), skip: false, failure: 1 };
const THEIRS: Kind = { name: "QEMU's qemu-ga", argv: ['qemu-ga'], skip: without('qemu-ga'), failure: 0 };

/** A folder with the places of one agent in it. */
class Place implements Disposable {
  readonly #folder = temporaryFolder();
  readonly path = this.#folder.path;
  readonly socket = path.join(this.path, 's');
  readonly pidFile = path.join(this.path, 'pid');
  readonly options = ['-m', 'unix-listen', '-p', this.socket, '-t', this.path, '-f', this.pidFile];
  readonly #pids: number[] = [];

  /** Runs an agent that goes into the background or fails. */
  run({ argv: [file, ...args] }: Kind, ...options: string[]) {
    const { status, stderr } = spawnSync(file, [...args, ...this.options, ...options], {
      env: safeEnvironment(),
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { status, stderr };
  }

  /** The daemon whose id the file tells, once it answers. */
  async daemon(): Promise<number> {
    await until(() => existsSync(this.pidFile) && existsSync(this.socket), 'the daemon');
    const pid = Number(readFileSync(this.pidFile, 'latin1'));
    this.#pids.push(pid);
    return pid;
  }

  [Symbol.dispose](): void {
    for (const pid of this.#pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    this.#folder[Symbol.dispose]();
  }
}

const isRunning = (pid: number) => existsSync(`/proc/${pid}`);
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

for (const kind of [OURS, THEIRS]) {
  describe(`${kind.name} as a process`, { skip: kind.skip }, () => {
    it('goes into the background: own session, /, umask 077, no terminal, a pid file until it ends', async () => {
      using place = new Place();
      assert.deepEqual(place.run(kind, '-d'), { status: 0, stderr: '' });
      const pid = await place.daemon();
      assert.equal((await exchange(place.socket, PING)).toString(), PONG);
      assert.equal(readFileSync(place.pidFile, 'latin1'), `${pid}\n`);
      assert.equal(modeOf(place.pidFile), '600');
      assert.equal(modeOf(place.socket), '700');
      assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
      assert.match(readFileSync(`/proc/${pid}/status`, 'latin1'), /^Umask:\s+0077$/m);
      for (const stream of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${stream}`), '/dev/null');
      const [, , group, session] = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '').split(' ');
      assert.deepEqual([Number(group), Number(session)], [pid, pid]);
      process.kill(pid, 'SIGTERM');
      await until(() => !isRunning(pid), 'its end');
      assert.equal(existsSync(place.pidFile), false);
    });

    it('a second daemon with the same pid file does not start, and leaves it alone', async () => {
      using place = new Place();
      place.run(kind, '-d');
      const pid = await place.daemon();
      const second = place.run(kind, '-d', '-p', `${place.socket}2`);
      assert.equal(second.status, kind.failure);
      await until(() => !existsSync(`${place.socket}2`), 'the end of the second');
      if (kind === OURS) {
        assert.match(second.stderr, /^qemu-ga: Cannot lock pid file: Resource temporarily unavailable$/m);
      }
      assert.equal(readFileSync(place.pidFile, 'latin1'), `${pid}\n`);
      assert.equal((await exchange(place.socket, PING)).toString(), PONG);
    });

    it('in the foreground the socket has mode 755 under umask 022, and there is no pid file', async () => {
      using place = new Place();
      await using agent = new Program(
        ['sh', '-c', 'umask 022; exec "$@"', '-', ...kind.argv, ...place.options],
        safeEnvironment(),
      );
      await agent.socket(place.socket);
      assert.equal(modeOf(place.socket), '755');
      assert.equal(existsSync(place.pidFile), false);
    });

    it('-r waits for a device that is not there, and says so', async () => {
      using place = new Place();
      const options = ['-v', '-r', '-m', 'virtio-serial', '-p', path.join(place.path, 'none'), '-t', place.path];
      await using agent = new Program([...kind.argv, ...options, '-f', place.pidFile], safeEnvironment());
      await until(() => /waiting for channel path\.\.\./.test(agent.stderr + agent.stdout), 'the words');
      assert.ok(agent.running);
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`${signal} is a clean end`, async () => {
        using place = new Place();
        await using agent = new Program([...kind.argv, ...place.options], safeEnvironment());
        await agent.socket(place.socket);
        assert.equal((await exchange(place.socket, PING)).toString(), PONG);
        agent.kill(signal);
        assert.deepEqual(await agent.exited, { code: 0, signal: null });
      });
    }

    it('appends to a log file', async () => {
      using place = new Place();
      const log = path.join(place.path, 'log');
      await using agent = new Program([...kind.argv, ...place.options, '-v', '-l', log], safeEnvironment());
      await agent.socket(place.socket);
      await exchange(place.socket, PING);
      assert.notEqual(readFileSync(log, 'utf8'), '');
      if (kind === OURS) assert.equal(agent.stderr, '');
    });

    it('a log file that cannot be opened ends it with the reason', () => {
      using place = new Place();
      const { status, stderr } = place.run(kind, '-l', '/nonexistent/log');
      assert.equal(status, kind.failure);
      assert.match(stderr, /unable to open specified log file: No such file or directory/);
    });

    it('serves the socket that a service manager has opened, and no other', async () => {
      using place = new Place();
      const opened = path.join(place.path, 'opened');
      await using _agent = activated(kind, place, [listenUnix(opened, 4)]);
      assert.equal((await exchange(opened, PING)).toString(), PONG);
      assert.equal((await exchange(opened, PING)).toString(), PONG);
      assert.equal(existsSync(place.socket), false);
    });

    it('two sockets that a service manager has opened are one too many', async () => {
      using place = new Place();
      const sockets = ['a', 'b'].map((name) => listenUnix(path.join(place.path, name), 4));
      await using agent = activated(kind, place, sockets);
      assert.equal((await agent.exited).code, 1);
      assert.match(agent.stderr, /qemu-ga only supports listening on one socket/);
    });

    it('a socket of the network is not taken over', async () => {
      using place = new Place();
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
      await using agent = activated(kind, place, [fd], false);
      assert.equal((await agent.exited).code, 1);
      assert.match(agent.stderr, /unsupported listen fd type/);
      server.close();
    });
  });
}

/** Started as systemd starts a service of a socket unit: sd_listen_fds(3). */
function activated({ argv }: Kind, { options }: Place, sockets: readonly number[], close = true): Program {
  const script = `LISTEN_PID=$$ LISTEN_FDS=${sockets.length} exec "$@"`;
  const program = new Program(['sh', '-c', script, '-', ...argv, ...options], safeEnvironment(), sockets);
  if (close) for (const fd of sockets) closeSync(fd);
  return program;
}

describe('our daemon', () => {
  it('that cannot serve says so to who starts it, and leaves no pid file', () => {
    using place = new Place();
    const { status, stderr } = place.run(OURS, '-d', '-p', '/nonexistent/socket');
    assert.equal(status, 1);
    assert.match(stderr, /cannot listen on \/nonexistent\/socket/);
    assert.equal(existsSync(place.pidFile), false);
  });

  it('that cannot have its pid file says why, as qemu-ga does', () => {
    using place = new Place();
    const { status, stderr } = place.run(OURS, '-d', '-f', '/nonexistent/pid');
    assert.deepEqual(
      [status, stderr],
      [1, "qemu-ga: Could not create '/nonexistent/pid': No such file or directory\n"],
    );
  });

  it('that was killed leaves a pid file that the next one takes over', async () => {
    using place = new Place();
    place.run(OURS, '-d');
    const first = await place.daemon();
    process.kill(first, 'SIGKILL');
    await until(() => !isRunning(first), 'its end');
    assert.equal(place.run(OURS, '-d').status, 0);
    assert.notEqual(await place.daemon(), first);
  });
});

describe('--dump-conf', { skip: THEIRS.skip }, () => {
  for (const options of [
    [],
    ['-v', '-r', '-d'],
    ['-m', 'isa-serial'],
    ['-m', 'unix-listen', '-p', '/x y', '-l', '/log', '-f', '/pid', '-t', '/state'],
    ['-F', '-b', 'guest-ping', '-b', 'guest-exec'],
    ['-F/hook', '--blacklist=guest-ping'],
  ]) {
    it(`${options.join(' ')}: the same lines, but for those of newer releases`, () => {
      const dump = ({ argv: [file, ...args] }: Kind) =>
        spawnSync(file, [...args, '-D', ...options], { encoding: 'utf8', timeout: 20_000 })
          .stdout.trim()
          .split('\n');
      const [ours, theirs] = [dump(OURS), dump(THEIRS)];
      assert.ok(theirs.length > 5);
      assert.deepEqual(
        ours.filter((line) => !line.startsWith('allow-rpcs=')),
        theirs,
      );
    });
  }
});
