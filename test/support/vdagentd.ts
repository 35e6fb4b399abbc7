import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { Program, temporaryFolder } from './programs.ts';
import { until } from './until.ts';

/** Messages of the daemon's own socket: u32 type, u32 arg1, u32 arg2, u32 size. Source: vdagentd-proto.h. */
const RESOLUTION = 0;

export interface Vdagentd extends AsyncDisposable {
  /** Socket at which a host connects. */
  readonly path: string;
  /** Says something as the session's agent. */
  say(type: number, arg1: number, arg2: number, data?: Buffer): void;
  /** What the daemon has told the session's agent. */
  readonly told: readonly {
    readonly type: number;
    readonly arg1: number;
    readonly arg2: number;
    readonly data: Buffer;
  }[];
}

/**
 * Debian's spice-vdagentd behind a socket at which a host connects, as QEMU's chardev is; the test is its session's agent.
 * A plain file stands for the input device and it tracks no sessions, so it touches nothing of this machine.
 */
export async function startVdagentd(): Promise<Vdagentd> {
  const folder = temporaryFolder();
  const file = (name: string): string => path.join(folder.path, name);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {});
  };
  const port = createServer((socket) => keep(socket)).listen(file('port'));
  await once(port, 'listening');
  writeFileSync(file('uinput'), '');
  const argv = ['-x', '-f', '-X', '-u', file('uinput'), '-s', file('port'), '-S', file('session')];
  const daemon = new Program(['/usr/sbin/spice-vdagentd', ...argv]);
  await daemon.socket(file('session'));
  const session = keep(connect(file('session')));
  await once(session, 'connect');
  const told: { type: number; arg1: number; arg2: number; data: Buffer }[] = [];
  let rest = Buffer.alloc(0);
  session.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 16 && rest.length >= 16 + rest.readUInt32LE(12)) {
      const [type, arg1, arg2, size] = [0, 4, 8, 12].map((at) => rest.readUInt32LE(at)) as [
        number,
        number,
        number,
        number,
      ];
      told.push({ type, arg1, arg2, data: rest.subarray(16, 16 + size) });
      rest = rest.subarray(16 + size);
    }
  });
  const say: Vdagentd['say'] = (type, arg1, arg2, data = Buffer.alloc(0)) => {
    session.write(Buffer.concat([u32(type, arg1, arg2, data.length), data]));
  };
  const opened = once(port, 'connection');
  say(RESOLUTION, 1024, 768, u32(1024, 768, 0, 0, 0));
  const [guest]: Socket[] = await opened;
  if (guest === undefined) throw new Error('no connection');
  const door = createServer((host) => {
    keep(host);
    guest.pipe(host, { end: false });
    host.pipe(guest, { end: false });
    host.on('close', () => guest.unpipe(host));
  }).listen(file('door'));
  await once(door, 'listening');
  await until(() => daemon.running);
  return {
    path: file('door'),
    say,
    told,
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      port.close();
      door.close();
      folder[Symbol.dispose]();
    },
  };
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value >>> 0, 4 * index);
  });
  return bytes;
}
