import assert from 'node:assert/strict';
import { closeSync, existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { silent } from '#shared/log/log.ts';
import { listenUnix } from '#shared/native/unix-socket.ts';
import { UnixListenChannel } from '#system-agent/channels/unix-listen.ts';
import { Recorder } from '#test/support/channel/recorder.ts';
import { SocketHost } from '#test/support/channel/socket-host.ts';
import { until } from '#test/support/until.ts';

let folder: string;
let name: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'uga-listen-'));
  name = path.join(folder, 'socket');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a listening socket', () => {
  it('serves one client at a time, the others in the order in which they came', async () => {
    const channel = new UnixListenChannel(name, silent);
    const user = new Recorder();
    channel.open(user);
    const clients: SocketHost[] = [];
    for (let size = 1; size <= 5; size++) {
      const client = await SocketHost.connect(name);
      clients.push(client);
      await client.send(0, size);
    }
    for (const [index, client] of clients.entries()) {
      await until(() => user.received === index + 1);
      assert.equal(user.count('connected'), index + 1);
      await client.close();
    }
    await until(() => user.count('disconnected') === 5);
    assert.equal(channel.state, 'waiting');
    await channel.close();
  });

  it('replaces the file of an agent that is dead', async () => {
    closeSync(listenUnix(name, 1));
    const channel = new UnixListenChannel(name, silent);
    channel.open(new Recorder());
    await (await SocketHost.connect(name)).close();
    await channel.close();
    assert.ok(!existsSync(name));
  });

  it('leaves the file of an agent that lives, and files that are no sockets', async () => {
    const first = new UnixListenChannel(name, silent);
    first.open(new Recorder());
    const refused = { code: 'failed', message: `cannot listen on ${name}: another agent listens there` };
    assert.throws(() => new UnixListenChannel(name, silent).open(new Recorder()), refused);
    await (await SocketHost.connect(name)).close();
    await first.close();
    writeFileSync(name, 'precious');
    assert.throws(() => new UnixListenChannel(name, silent).open(new Recorder()), { code: 'failed' });
    assert.ok(lstatSync(name).isFile());
  });

  it('in a folder that is missing is an error at once', () => {
    const channel = new UnixListenChannel(path.join(folder, 'no', 'socket'), silent);
    assert.throws(() => channel.open(new Recorder()), { code: 'failed' });
  });

  it("does not remove another agent's file at its end", async () => {
    const channel = new UnixListenChannel(name, silent);
    channel.open(new Recorder());
    rmSync(name);
    const other = listenUnix(name, 1);
    await channel.close();
    assert.ok(existsSync(name));
    closeSync(other);
  });

  it('has the mode that the umask leaves', async () => {
    const before = process.umask(0o027);
    const channel = new UnixListenChannel(name, silent);
    channel.open(new Recorder());
    process.umask(before);
    assert.equal(lstatSync(name).mode & 0o777, 0o750);
    await channel.close();
  });
});
