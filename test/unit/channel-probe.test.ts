import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answerCommands } from '#test/support/channel/remote.ts';
import { SocketHost } from '#test/support/channel/socket-host.ts';

const CONNECT_MS = 20_000;

/** Beside this file once both are bundled. */
const PROBE = fileURLToPath(new URL('./vm-channel-probe.js', import.meta.url));

it('the probe passes all tests on a socket with a commanded host, and is not woken while it waits', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'uga-probe-'));
  const [channel, control] = [path.join(folder, 'channel'), path.join(folder, 'control')];
  const words = [PROBE, `unix-listen:${channel}`, `unix-listen:${control}`];
  const probe = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  probe.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exit = once(probe, 'exit');
  try {
    const socket = await connected(control);
    socket.on(
      'data',
      answerCommands(
        () => SocketHost.connect(channel),
        () => {},
        (line) => socket.write(line),
      ),
    );
    const [status] = await exit;
    assert.equal(status, 0, output);
    assert.match(output, /^ok wakes nobody while no host is there/m);
    assert.doesNotMatch(output, /^(not ok|skip)/m);
  } finally {
    probe.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

/** A socket has its name a moment before it listens, so a refusal says nothing yet. */
async function connected(place: string): Promise<Socket> {
  for (const deadline = Date.now() + CONNECT_MS; ; await sleep(10)) {
    const socket = createConnection(place);
    try {
      await once(socket, 'connect');
      return socket.on('error', () => {}); // it ends with the probe
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
