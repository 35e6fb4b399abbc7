import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { silent } from '#shared/log/log.ts';
import { LogValve } from '#shared/log/valve.ts';
import { UnixListenChannel } from '#system-agent/channels/unix-listen.ts';
import { OvirtDoor } from '#system-agent/ovirt/door.ts';
import { linuxPlatform } from '#system-agent/platform/linux.ts';
import { refusingPower } from '#system-agent/power/refusing.ts';
import { SessionDirector } from '#system-agent/sessions/director.ts';
import type { Sessions } from '#system-agent/sessions/sessions.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { Vdsm } from '#test/support/ovirt/vdsm.ts';
import { session, snapshot } from '#test/support/sessions.ts';
import { until } from '#test/support/until.ts';

const sessions: Sessions = {
  snapshot: snapshot(session('1')),
  onChange: () => ({ [Symbol.dispose]: () => {} }),
  lookup: () => undefined,
};

let folder: string;
let file: string;
let door: OvirtDoor;
let director: SessionDirector;
let sockets: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'uga-ovirt-'));
  file = path.join(folder, 'socket');
  sockets = [];
  director = new SessionDirector(sessions, silent);
  await director.start();
  door = await startDoor();
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await door.stop();
  await director.stop();
  rmSync(folder, { recursive: true });
});

/** Ports of this machine, but for those that change it. */
async function startDoor(): Promise<OvirtDoor> {
  const platform = linuxPlatform({
    effects: 'refuse',
    environment: {},
    umask: 0o022,
    stateFolder: folder,
    freeze: {
      lease: 60,
      hooks: { script: undefined, directory: undefined },
      hookSeconds: 60,
      valve: new LogValve(() => {}),
    },
    log: silent,
  });
  assert.equal(platform.power, refusingPower);
  const opened = new OvirtDoor({
    channel: new UnixListenChannel(file, silent),
    ports: { ...platform, console: director },
    gate: () => undefined,
    options: {
      ...DEFAULT_OVIRT_OPTIONS,
      intervals: { heartbeat: 0.05, users: 0.1, cpus: 0.2, applications: 0.4, disks: 0.4 },
    },
    log: silent,
  });
  await opened.start();
  return opened;
}

function connect(maxVersion?: number): { host: Vdsm; socket: Socket } {
  const socket = createConnection(file);
  sockets.push(socket);
  const host = new Vdsm((line) => socket.write(line), maxVersion);
  socket.on('data', (bytes) => host.hear(bytes));
  socket.on('connect', () => host.refresh());
  return { host, socket };
}

const all = ({ heard }: Vdsm, name: string) => heard.filter((message) => message.name === name);
const last = (host: Vdsm, name: string) => all(host, name).at(-1)?.members;

describe('oVirt door on a socket', () => {
  it("tells what this machine's own tools print", async () => {
    const { host } = connect();
    await until(() => last(host, 'number-of-cpus') !== undefined && last(host, 'os-info') !== undefined);
    await until(() => all(host, 'heartbeat').length > 3 && last(host, 'fqdn') !== undefined);
    const print = (...[program = '', ...args]: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim();
    assert.deepEqual(last(host, 'os-version'), { version: print('uname', '-r') });
    assert.deepEqual(last(host, 'number-of-cpus'), { count: Number(print('getconf', '_NPROCESSORS_ONLN')) });
    const { arch, kernel, version } = last(host, 'os-info') ?? {};
    assert.deepEqual([arch, kernel], [print('uname', '-m'), print('uname', '-r')]);
    assert.notEqual(version, '');
    assert.deepEqual(last(host, 'host-name'), { name: last(host, 'fqdn')?.fqdn });
    assert.deepEqual(last(host, 'active-user'), { name: 'alice' });
    const memory = last(host, 'heartbeat')?.['memory-stat'] as Record<string, number>;
    assert.equal(memory.mem_total, os.totalmem() / 1024);
    const interfaces = last(host, 'network-interfaces')?.interfaces as { name: string; hw: string; inet: string[] }[];
    for (const [name, list = []] of Object.entries(os.networkInterfaces())) {
      const addresses = list.filter(({ family, internal }) => family === 'IPv4' && !internal).map((one) => one.address);
      if (addresses.length === 0 || name === 'docker0') continue;
      assert.deepEqual(interfaces.find((one) => one.name === name)?.inet, addresses);
    }
  });

  it('comes to version 3 with a new host, with the next one, and after a restart of its own', async () => {
    const first = connect();
    await until(() => first.host.version === 3 && all(first.host, 'timezone').length > 0);
    first.socket.destroy();
    const second = connect();
    await until(() => second.host.version === 3 && all(second.host, 'timezone').length > 0);
    await door.stop();
    door = await startDoor();
    const third = connect();
    third.host.version = 3; // as it was before: VDSM notices no restart
    await until(() => all(third.host, 'timezone').length > 0);
  });

  it('an old host gets nothing beyond its version', async () => {
    const { host } = connect(1);
    await until(() => host.version === 1 && all(host, 'fqdn').length > 3 && all(host, 'number-of-cpus').length > 1);
    assert.deepEqual([...all(host, 'timezone'), ...all(host, 'os-info')], []);
  });

  it('a shutdown is refused by the port of this test, and the conversation goes on', async () => {
    const { host } = connect();
    host.say('shutdown', { timeout: 3600, message: 'test', reboot: 'False' });
    host.say('echo', { n: 1 });
    await until(() => last(host, 'echo') !== undefined);
  });

  it('tells the end of the agent', async () => {
    const { host, socket } = connect();
    await until(() => host.version === 3);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await door.stop();
    await closed;
    assert.equal(host.heard.at(-1)?.name, 'session-shutdown');
  });
});
