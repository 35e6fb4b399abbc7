/**
 * Records what Debian's spice-vdagentd says on the SPICE agent channel:
 *
 *     node test/support/capture/vdagentd.js
 *
 * The daemon runs on sockets in a temporary folder, with a plain file for the input device and without session tracking,
 * so that it touches nothing of this machine. This script is its host on one side and its session agent on the other.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peerOf, writeGolden } from './golden.js';

const CAPTURED = 'node test/support/capture/vdagentd.js';
const PEER = peerOf('spice-vdagent');

/** Messages of the daemon's own socket: u32 type, u32 arg1, u32 arg2, u32 size. Source: vdagentd-proto.h. */
const SESSION = { RESOLUTION: 0, GRAB: 2, REQUEST: 3, DATA: 4, RELEASE: 5, STATUS: 9 };
/** Messages of the channel. */
const HOST = { MONITORS_CONFIG: 2, ANNOUNCE: 6, GRAB: 7, REQUEST: 8, FILE_START: 10 };
const QUIET_MS = 300;

/** @param {number[]} values */
function u32(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value >>> 0, 4 * index);
  });
  return bytes;
}

const folder = mkdtempSync(path.join(tmpdir(), 'uga-capture-'));
const port = path.join(folder, 'port');
const socket = path.join(folder, 'session');
writeFileSync(path.join(folder, 'uinput'), '');

const server = createServer().listen(port);
await once(server, 'listening');
const daemon = spawn(
  '/usr/sbin/spice-vdagentd',
  ['-x', '-d', '-d', '-f', '-X', '-u', path.join(folder, 'uinput'), '-s', port, '-S', socket],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
try {
  await sleep(QUIET_MS);
  await record();
} finally {
  daemon.kill();
  server.close();
  rmSync(folder, { recursive: true });
}

async function record() {
  const session = connect(socket);
  await once(session, 'connect');
  session.resume();
  /** @type {(type: number, arg1: number, arg2: number, data?: Buffer) => void} */
  const say = (type, arg1, arg2, data = Buffer.alloc(0)) =>
    session.write(Buffer.concat([u32(type, arg1, arg2, data.length), data]));

  const opened = once(server, 'connection');
  say(SESSION.RESOLUTION, 1024, 768, u32(1024, 768, 0, 0, 0));
  /** @type {[import('node:net').Socket]} */
  const [host] = /** @type {any} */ (await opened);
  /** @type {Buffer[]} */
  let heard = [];
  host.on('data', (bytes) => heard.push(bytes));
  /** @type {(type: number, body: Buffer, viaPort?: number) => void} */
  const ask = (type, body, viaPort = 1) => {
    const message = Buffer.concat([u32(1, type, 0, 0, body.length), body]);
    host.write(Buffer.concat([u32(viaPort, message.length), message]));
  };

  /**
   * Waits until the daemon is quiet and writes what it said meanwhile.
   * @param {string} name
   * @param {unknown} means
   * @param {string[]} capabilities layout of the clipboard messages and details
   */
  const golden = async (
    name,
    means,
    capabilities = ['clipboard-selection', 'clipboard-grab-serial', 'file-xfer-detailed-errors'],
  ) => {
    await sleep(QUIET_MS);
    const facts = { peer: PEER, from: /** @type {const} */ ('guest'), captured: CAPTURED, capabilities, means };
    writeGolden('vdagent', `vdagentd-${name}`, facts, Buffer.concat(heard));
    heard = [];
  };

  const announced = [
    'mouse-state',
    'monitors-config',
    'reply',
    'clipboard-by-demand',
    'clipboard-selection',
    'sparse-monitors-config',
    'guest-lineend-lf',
    'max-clipboard',
    'audio-volume-sync',
    'graphics-device-info',
    'clipboard-no-release-on-regrab',
    'clipboard-grab-serial',
  ];
  const announce = (/** @type {boolean} */ request) => [
    { port: 'client', name: 'announce-capabilities', fields: { request, capabilities: announced } },
  ];
  /** @type {(name: string, fields: object) => object[]} */
  const one = (name, fields) => [{ port: 'client', name, fields }];

  await golden('announce-at-open', announce(true));

  // Capabilities 0, 1, 2, 4, 5, 6, 12, 14, 16 and 17: those of spice-gtk.
  ask(HOST.ANNOUNCE, u32(1, 0x00035077));
  await golden('announce-answer', announce(false));

  ask(HOST.MONITORS_CONFIG, u32(1, 0, 600, 800, 32, 0, 0));
  await golden('monitors-config-reply', one('reply', { to: 2, succeeded: true }));

  say(SESSION.GRAB, 1, 0, u32(1, 2));
  await golden('grab-primary', one('clipboard-grab', { selection: 'primary', serial: 0, types: ['text', 'png'] }));

  ask(HOST.REQUEST, u32(1, 1));
  await sleep(QUIET_MS);
  const text = 'x'.repeat(2100);
  say(SESSION.DATA, 1, 1, Buffer.from(text));
  await golden('clipboard-in-one-chunk', one('clipboard', { selection: 'primary', type: 'text', data: text }));

  say(SESSION.RELEASE, 1, 0);
  await golden('release-primary', one('clipboard-release', { selection: 'primary' }));

  ask(HOST.GRAB, u32(0, 0, 1));
  await sleep(QUIET_MS);
  say(SESSION.REQUEST, 0, 1);
  await golden('request-text', one('clipboard-request', { selection: 'clipboard', type: 'text' }));

  ask(HOST.REQUEST, u32(0, 2));
  await sleep(QUIET_MS);
  say(SESSION.DATA, 0, 0);
  await golden('clipboard-none', one('clipboard', { selection: 'clipboard', type: 'none', data: '' }));

  for (const [id, size] of [
    [7, 10],
    [8, 20],
  ]) {
    const keyFile = `[vdagent-file-xfer]\nname=a${id}.txt\nsize=${size}\n\0`;
    ask(HOST.FILE_START, Buffer.concat([u32(id ?? 0), Buffer.from(keyFile)]));
  }
  await sleep(QUIET_MS);
  say(SESSION.STATUS, 7, 0);
  await golden('file-can-send', one('file-transfer-status', { id: 7, result: 'can-send-data' }));
  say(SESSION.STATUS, 7, 4, u32(4096, 1));
  await golden(
    'file-no-space',
    one('file-transfer-status', { id: 7, result: 'not-enough-space', freeBytes: 4294971392 }),
  );

  // The session agent leaves while it owns a selection and a transfer.
  say(SESSION.GRAB, 0, 0, u32(1));
  await sleep(QUIET_MS);
  heard = [];
  session.end();
  await golden('session-leaves', [
    { port: 'client', name: 'file-transfer-status', fields: { id: 8, result: 'cancelled' } },
    { port: 'client', name: 'clipboard-release', fields: { selection: 'clipboard' } },
  ]);
  host.destroy();
}
