import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answerCommands } from '#test/support/channel/remote.ts';
import { SocketHost } from '#test/support/channel/socket-host.ts';
import { original, pidOf, product, stopAgent } from './guest/agents.ts';
import { PORTS } from './guest/command-line.ts';
import { resumeGuest } from './guest/guest.ts';
import type { Machine } from './guest/machine.ts';
import { QgaClient } from './guest/qga-client.ts';
import { noGuests } from './needs.ts';
import { LineSocket } from './support/line-socket.ts';
import { until } from './support/wait.ts';

const ANSWER_MS = 30_000;

/** Where the tests and the programs they start are once bundled. */
const BUNDLES = path.dirname(fileURLToPath(import.meta.url));

it('a real virtio-serial port passes the tests of every channel', { skip: noGuests, timeout: 600_000 }, async (t) => {
  await using guest = await resumeGuest({ payload: BUNDLES });
  const control = createConnection(guest.socketOf('vdagent'));
  control.on('error', () => {});
  control.on(
    'data',
    answerCommands(
      () => SocketHost.connect(guest.socketOf('ovirt')),
      () => {},
      (line) => control.write(line),
    ),
  );
  const probe = `/usr/lib/uga/node /opt/uga/vm-channel-probe.js virtio:${PORTS.ovirt} virtio:${PORTS.vdagent}`;
  const { status, stdout, stderr } = await guest.shell.try(probe, 500);
  control.destroy();
  for (const line of stdout.split('\n')) t.diagnostic(line);
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /^not ok/m);
  assert.match(stdout, /^ok wakes nobody while no host is there/m);
});

it('a port held by another agent is one line in the log, and ours once it is free', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await original.start(guest.shell);
  await product.start(guest.shell);
  await logged(guest, /state=busy/);
  const pid = await pidOf(guest.shell, product);
  await stopAgent(guest.shell, original);
  using host = await QgaClient.connect(guest.socketOf('qga'));
  assert.deepEqual(await host.ask('guest-ping'), { return: {} });
  assert.equal(await pidOf(guest.shell, product), pid);
  assert.equal((await journal(guest)).match(/state=busy/g)?.length, 1);
});

it('a port that is missing, appears, is unplugged and comes back needs no new agent', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  const name = 'org.example.hot.0';
  await guest.shell.run(`printf '[channels]\\nqga = virtio:${name}\\n' >/etc/uga/uga.conf.d/test.conf`);
  await product.start(guest.shell);
  await logged(guest, /state=missing/);
  const pid = await pidOf(guest.shell, product);
  const socket = path.join(guest.files.folder, 'hot');
  const address = { type: 'unix', data: { path: socket } };
  const backend = { type: 'socket', data: { addr: address, server: true, wait: false } };
  await guest.qmp.execute('chardev-add', { id: 'hot', backend });
  for (let times = 1; times <= 2; times++) {
    await plug(guest, name);
    {
      using host = await QgaClient.connect(socket);
      assert.deepEqual(await host.ask('guest-ping'), { return: {} });
    }
    const gone = guest.qmp.event('DEVICE_DELETED', 30_000);
    await guest.qmp.execute('device_del', { id: 'hotport' });
    await gone;
    await logged(guest, /state=missing/, times + 1);
  }
  assert.equal(await pidOf(guest.shell, product), pid);
});

/**
 * The kernel tells of bytes from an interrupt and of their host from a work queue. With one processor and an agent that goes
 * before all, the bytes are always first; on a busy guest they are now and then.
 */
it('a host whose bytes arrive ahead of the news of it is answered', { skip: noGuests }, async () => {
  await using guest = await resumeGuest();
  await product.start(guest.shell);
  const pid = await pidOf(guest.shell, product);
  const cpu = '/sys/devices/system/cpu/cpu1/online';
  await guest.shell.run(`echo 0 >${cpu}; chrt --fifo --all-tasks --pid 50 ${pid}`);
  for (let times = 0; times < 3; times++) {
    await guest.qmp.execute('stop');
    using host = await LineSocket.connect(guest.socketOf('qga'), ANSWER_MS);
    const answer = host.find(ANSWER_MS, 'the first answer', (line) => line);
    host.send('{"execute": "guest-ping"}');
    await settled();
    await guest.qmp.execute('cont');
    assert.deepEqual(JSON.parse(await answer), { return: {} });
  }
});

/** For QEMU to have taken what was sent into the guest that stands still. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 500));

async function plug(guest: Machine, name: string): Promise<void> {
  await guest.qmp.execute('device_add', {
    driver: 'virtserialport',
    bus: 'serial.0',
    nr: 9,
    chardev: 'hot',
    name,
    id: 'hotport',
  });
}

async function logged(guest: Machine, pattern: RegExp, times = 1): Promise<void> {
  await until(60_000, `the agent to log ${pattern} ${times} times`, async () => {
    const lines = (await journal(guest)).split('\n').filter((line) => pattern.test(line));
    return lines.length >= times || undefined;
  });
}

function journal(guest: Machine): Promise<string> {
  return guest.shell.run(`journalctl --unit=${product.unit} --output=cat --no-pager`);
}
