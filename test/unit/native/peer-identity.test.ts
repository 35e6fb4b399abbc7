import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PeerProcess, peerCredentials } from '#shared/native/peer-identity.ts';
import { acceptUnix, connectUnix } from '#shared/native/unix-socket.ts';
import { type ListeningSocket, listenAt } from '#shared/socket/listening-socket.ts';
import { until } from '#test/support/until.ts';

/** Kernels of all ages in one: the socket's own pidfd, or none. */
const WAYS = { 'SO_PEERPIDFD or pidfd_open': undefined, 'pidfd_open alone': () => undefined } as const;

describe('the process behind a unix socket', () => {
  let folder: string;
  let listener: ListeningSocket;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'uga-peer-'));
    listener = listenAt(path.join(folder, 'socket'), 8);
  });
  after(() => {
    listener.close();
    rmSync(folder, { recursive: true });
  });

  async function connected(then = ''): Promise<{ readonly fd: number; readonly client: ChildProcess }> {
    const script = `
      const socket = require('node:net').connect(process.argv[1], () => { ${then} });
      socket.on('error', () => {});
      process.stdin.resume();
    `;
    const client = spawn(process.execPath, ['-e', script, path.join(folder, 'socket')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    let fd: number | undefined;
    await until(() => {
      fd = acceptUnix(listener.fd);
      return fd !== undefined;
    });
    assert.ok(fd !== undefined);
    return { fd, client };
  }

  async function end(client: ChildProcess): Promise<void> {
    client.kill('SIGKILL');
    await once(client, 'exit');
  }

  it('is named with its user by the kernel', () => {
    const mine = connectUnix(path.join(folder, 'socket'));
    const fd = acceptUnix(listener.fd);
    assert.ok(fd !== undefined);
    assert.deepEqual(peerCredentials(fd), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
    closeSync(fd);
    closeSync(mine);
  });

  for (const [name, pin] of Object.entries(WAYS)) {
    it(`tells its control group while it lives and nothing after (${name})`, async () => {
      const { fd, client } = await connected();
      const peer = PeerProcess.of(fd, pin);
      assert.ok(peer);
      assert.equal(peer.credentials.pid, client.pid);
      assert.equal(peer.cgroup, readFileSync(`/proc/${client.pid}/cgroup`, 'utf8'));
      await end(client);
      assert.equal(peer.cgroup, undefined);
      peer.close();
      peer.close();
      assert.equal(peer.cgroup, undefined);
      closeSync(fd);
    });

    it(`is nobody when it ended before it was looked at (${name})`, async () => {
      const { fd, client } = await connected();
      await end(client);
      assert.equal(PeerProcess.of(fd, pin), undefined);
      closeSync(fd);
    });
  }

  it('an id that belongs to another user by now is nobody', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async () => {
    // A process that changes its user stands in for one that got the id of an earlier one.
    const { fd, client } = await connected('process.setuid(65534);');
    await until(() => /^Uid:\t65534/m.test(readFileSync(`/proc/${client.pid}/status`, 'utf8')));
    assert.equal(peerCredentials(fd).uid, 0);
    assert.equal(PeerProcess.of(fd, WAYS['pidfd_open alone']), undefined);
    closeSync(fd);
    await end(client);
  });
});
