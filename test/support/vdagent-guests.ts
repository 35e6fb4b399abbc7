import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { clipboardGrab, clipboardRead, clipboardRelease } from '#protocol/ipc/messages/clipboard.ts';
import { monitorsConfigure, type PointerLayout, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { silent } from '#shared/log/log.ts';
import { UnixConnectChannel } from '#system-agent/channels/unix-connect.ts';
import { refusingPointer } from '#system-agent/pointer/refusing.ts';
import { Tablet } from '#system-agent/pointer/tablet.ts';
import { VdagentDoor } from '#system-agent/vdagent/door.ts';
import { FakeSessionAgent, FakeSessionLink } from '#test/fakes/served-session.ts';
import { Program } from './programs.ts';
import { until } from './until.ts';
import { ScriptedHost } from './vdagent-host.ts';

/** The desktop of every guest in these dialogues: one display. */
export const WIDTH = 1024;
export const HEIGHT = 768;

const ONE_DISPLAY: PointerLayout = {
  ...{ width: WIDTH, height: HEIGHT },
  displays: [{ id: 0, x: 0, y: 0, width: WIDTH, height: HEIGHT }],
};

/** A system agent with a session behind it that does as it is told, whichever program it is. */
export interface Guest extends AsyncDisposable {
  /** What the session was told, in words that fit both programs. */
  readonly told: string[];
  copy(text: string): void;
  release(): void;
  /** @returns what the client gave; what it does is seen in `told` */
  paste(): void;
  /** Records of the pointer device so far: type, code, value; positions in pixels of the desktop. */
  pointerRecords(): string[];
}

/** Debian's spice-vdagentd; the session agent's side of its socket is ours. Source: vdagentd-proto.h. */
export async function startOriginal(folder: string, port: string, layout = ONE_DISPLAY): Promise<Guest> {
  const RESOLUTION = 0;
  const NAMES: Readonly<Record<number, string>> = { 1: 'monitors', 2: 'grab', 3: 'read', 4: 'content', 5: 'release' };
  const TEXT = 1;
  const session = path.join(folder, 'session');
  const uinput = path.join(folder, 'uinput');
  writeFileSync(uinput, '');
  const options = ['-x', '-f', '-X', '-u', uinput, '-s', port, '-S', session];
  const daemon = new Program(['/usr/sbin/spice-vdagentd', ...options]);
  await daemon.socket(session);
  const socket = connect(session);
  const told: string[] = [];
  let copied = '';
  const say = (type: number, arg1: number, arg2: number, data: Uint8Array = new Uint8Array()) =>
    socket.write(Buffer.concat([Uint8Array.from(words(type, arg1, arg2, data.length)), data]));
  const take = (message: Buffer) => {
    const name = NAMES[message.readUInt32LE(0)];
    const isClipboard = message.readUInt32LE(4) === 0;
    if (name === undefined || !isClipboard) return;
    if (name === 'read') say(4, 0, TEXT, Buffer.from(copied));
    told.push(name === 'content' ? `${name} ${message.toString('utf8', SESSION_HEADER_BYTES)}` : name);
  };
  socket.on('data', eachMessage(take));
  await new Promise((resolve) => socket.once('connect', resolve));
  const displays = layout.displays.map(({ width, height, x, y, id }) => words(width, height, x, y, id));
  say(RESOLUTION, layout.width, layout.height, Buffer.concat(displays));
  return {
    told,
    copy: (text) => {
      copied = text;
      say(2, 0, 0, words(TEXT));
    },
    release: () => say(5, 0, 0),
    paste: () => say(3, 0, TEXT),
    pointerRecords: () => records(readFileSync(uinput)),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** Our door and pointer, with a session of fakes. */
export async function startOurs(folder: string, port: string, layout = ONE_DISPLAY): Promise<Guest> {
  const uinput = path.join(folder, 'uinput');
  writeFileSync(uinput, '');
  const sessionLink = new FakeSessionLink();
  const agent = new FakeSessionAgent('c1');
  const told: string[] = [];
  const pointer = new Tablet({ kind: 'fake', path: uinput }, refusingPointer, silent);
  const channel = new UnixConnectChannel(port, silent);
  const door = new VdagentDoor({ channel, sessionLink, pointer, log: silent });
  let copied = '';
  agent.link.answer(monitorsConfigure, () => {
    told.push('monitors');
    return { applied: true, why: undefined };
  });
  agent.link.answer(clipboardRead, () => {
    told.push('read');
    return { stream: agent.link.offer(copied), why: undefined };
  });
  const notify = agent.link.notify.bind(agent.link);
  agent.link.notify = (message, body) => {
    notify(message, body);
    told.push(message.name.replace('clipboard.', ''));
  };
  sessionLink.serve(agent);
  await pointer.start();
  await door.start();
  agent.link.say(pointerLayout, layout);
  const selection = 'clipboard';
  return {
    told,
    copy: (text) => {
      copied = text;
      agent.link.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
    },
    release: () => agent.link.say(clipboardRelease, { selection }),
    paste: () => {
      const question = { selection, type: 'text', maxBytes: 1 << 30 } as const;
      agent.link.ask(clipboardRead, question).then(({ stream }) => {
        told.push(`content ${agent.link.taken(stream) ?? ''}`);
      });
    },
    pointerRecords: () =>
      records(readFileSync(uinput))
        .filter((record) => !record.startsWith('2,11,')) // the fine wheel, which the original does not have
        .map((record) => inPixels(record, layout)),
    async [Symbol.asyncDispose]() {
      await door.stop();
      await pointer.stop();
    },
  };
}

/** The host's end of a channel that a guest connects to. */
export async function openPort(file: string) {
  let socket: Socket | undefined;
  const state = { connections: 0 };
  const host = new ScriptedHost((bytes) => void socket?.write(bytes));
  const server = createServer((connection) => {
    socket = connection;
    state.connections++;
    host.reset();
    connection.on('data', (bytes) => host.hear(bytes));
    connection.on('error', () => {});
  }).listen(file);
  await until(() => server.listening);
  return {
    host,
    state,
    sayRaw: (bytes: Uint8Array) => void socket?.write(bytes),
    [Symbol.dispose]() {
      socket?.destroy();
      server.close();
    },
  };
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

const SESSION_HEADER_BYTES = 16;

/** Messages of the daemon's own socket out of its stream: u32 type, u32 arg1, u32 arg2, u32 size, bytes. */
function eachMessage(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let needed = SESSION_HEADER_BYTES;
  return (bytes) => {
    parts.push(bytes);
    length += bytes.length;
    while (length >= needed) {
      const all = Buffer.concat(parts);
      const size = SESSION_HEADER_BYTES + all.readUInt32LE(12);
      const isWhole = length >= size;
      if (isWhole) take(all.subarray(0, size));
      const rest = isWhole ? all.subarray(size) : all;
      parts = [rest];
      length = rest.length;
      needed = isWhole ? SESSION_HEADER_BYTES : size;
    }
  };
}

function records(bytes: Buffer): string[] {
  return Array.from({ length: bytes.length / 24 }, (_, index) => {
    const at = 24 * index + 16;
    return `${bytes.readUInt16LE(at)},${bytes.readUInt16LE(at + 2)},${bytes.readInt32LE(at + 4)}`;
  });
}

function inPixels(record: string, { width, height }: PointerLayout): string {
  const [type, code, value = 0] = record.split(',').map(Number);
  if (type !== 3) return record;
  return `3,${code},${Math.floor((value * (code === 0 ? width : height)) / 32_768)}`;
}
