import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { reach } from '#session-agent/desktop/x11/reach.ts';
import { acceptUnix, connectUnix, listenUnix } from '#shared/native/unix-socket.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const ignore = () => {};

describe('reaching a display', () => {
  it('waits for a server that has no room for clients while it starts', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'X0');
    const listener = listenUnix(file, 0);
    const first = connectUnix(file);
    assert.throws(() => connectUnix(file), { code: 'EAGAIN' });
    const reached = reach(file, new AbortController().signal, ignore);
    await sleep(50);
    const accepted = acceptUnix(listener);
    const socket = await reached;
    assert.equal(socket.connecting, false);
    socket.destroy();
    for (const fd of [listener, first, accepted ?? -1]) closeSync(fd);
  });

  it('gives up when it is told to, and at once where nobody is', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'X0');
    await assert.rejects(reach(file, new AbortController().signal, ignore), { code: 'failed', message: /ENOENT/ });
    const listener = listenUnix(file, 0);
    const first = connectUnix(file);
    await assert.rejects(reach(file, AbortSignal.timeout(20), ignore), { code: 'cancelled' });
    for (const fd of [listener, first]) closeSync(fd);
  });
});
