/**
 * Records what QEMU's own `qemu-vdagent` says as a host of the SPICE agent channel:
 *
 *     node test/support/capture/qemu-vdagent.js
 *
 * The guest is a boot sector that passes bytes between two serial lines: the first is the agent channel, the second ends
 * here. The pointer is moved over QMP, and the host's clipboard is filled by a VNC client of a few lines.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { relaySector } from '../relay-sector.js';
import { peerOf, writeGolden } from './golden.js';

const CAPTURED = 'node test/support/capture/qemu-vdagent.js';
const PEER = peerOf('qemu-system-x86');
const HOST = { ANNOUNCE: 6, REQUEST: 8 };
const QUIET_MS = 500;

/** @param {number[]} values */
function u32(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}

const folder = mkdtempSync(path.join(tmpdir(), 'uga-capture-'));
const inFolder = (/** @type {string} */ name) => path.join(folder, name);
writeFileSync(inFolder('boot'), relaySector());

const server = createServer().listen(inFolder('port'));
await once(server, 'listening');
const qemu = spawn(
  'qemu-system-x86_64',
  [
    ...['-machine', 'pc,accel=tcg', '-m', '16', '-nodefaults', '-display', 'none'],
    ...['-drive', `file=${inFolder('boot')},format=raw,if=ide`],
    ...['-vnc', `unix:${inFolder('vnc')}`, '-qmp', `unix:${inFolder('qmp')},server=on,wait=off`],
    ...['-chardev', 'qemu-vdagent,id=agent,clipboard=on,mouse=on', '-device', 'isa-serial,chardev=agent'],
    ...['-chardev', `socket,id=guest,path=${inFolder('port')}`, '-device', 'isa-serial,chardev=guest'],
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
try {
  const [guest] = /** @type {[import('node:net').Socket]} */ (
    /** @type {unknown} */ (await once(server, 'connection'))
  );
  await once(guest, 'data'); // READY
  await record(guest);
} finally {
  qemu.kill();
  await once(qemu, 'exit');
  server.close();
  rmSync(folder, { recursive: true });
}

/** @param {import('node:net').Socket} guest our end of the relay */
async function record(guest) {
  /** @type {Buffer[]} */
  let heard = [];
  guest.on('data', (bytes) => heard.push(bytes));
  guest.on('error', () => {});
  const say = (/** @type {number} */ type, /** @type {Buffer} */ body) =>
    guest.write(Buffer.concat([u32(1, 20 + body.length), u32(1, type, 0, 0, body.length), body]));

  /** @type {(name: string, message: string, fields: object) => Promise<void>} */
  const golden = async (name, message, fields) => {
    // The relay is slow: a serial line passes byte by byte.
    for (let before = -1; before < heard.length; await sleep(QUIET_MS)) before = heard.length;
    const facts = {
      peer: PEER,
      from: /** @type {const} */ ('host'),
      captured: CAPTURED,
      capabilities: ['clipboard-selection', 'clipboard-grab-serial'],
      means: [{ port: 'client', name: message, fields }],
    };
    writeGolden('vdagent', `qemu-${name}`, facts, Buffer.concat(heard));
    heard = [];
  };

  // Capabilities 0, 5, 6 and 17.
  say(HOST.ANNOUNCE, u32(1, 0x00020061));
  await golden('announce', 'announce-capabilities', {
    request: false,
    capabilities: ['mouse-state', 'clipboard-by-demand', 'clipboard-selection', 'clipboard-grab-serial'],
  });

  const qmp = connect(inFolder('qmp'));
  qmp.resume();
  qmp.write('{"execute": "qmp_capabilities"}\n');
  const events = [
    { type: 'abs', data: { axis: 'x', value: 16384 } },
    { type: 'abs', data: { axis: 'y', value: 8192 } },
    { type: 'btn', data: { button: 'left', down: true } },
  ];
  qmp.write(`${JSON.stringify({ execute: 'input-send-event', arguments: { events } })}\n`);
  // A machine without a display has 1024 by 768 pixels and display 255.
  await golden('mouse-left', 'mouse-state', { x: 512, y: 192, buttons: 2, displayId: 255 });

  const vnc = connect(inFolder('vnc'));
  vnc.resume();
  // RFB 3.8: version, security type "none", shared session, then encodings "raw" and, for each text, ClientCutText.
  for (const step of [Buffer.from('RFB 003.008\n'), Buffer.of(1), Buffer.of(1), Buffer.of(2, 0, 0, 1, 0, 0, 0, 0)]) {
    vnc.write(step);
    await sleep(QUIET_MS);
  }
  const fill = (/** @type {string} */ text) => {
    const header = Buffer.alloc(8);
    header.writeUInt8(6, 0);
    header.writeUInt32BE(text.length, 4);
    vnc.write(Buffer.concat([header, Buffer.from(text)]));
  };
  fill('hello');
  await golden('grab', 'clipboard-grab', { selection: 'clipboard', serial: 0, types: ['text'] });
  say(HOST.REQUEST, u32(0, 1));
  await golden('clipboard', 'clipboard', { selection: 'clipboard', type: 'text', data: 'hello' });

  const long = 'y'.repeat(2100);
  fill(long);
  await golden('grab-again', 'clipboard-grab', { selection: 'clipboard', serial: 1, types: ['text'] });
  say(HOST.REQUEST, u32(0, 1));
  await golden('clipboard-in-chunks', 'clipboard', { selection: 'clipboard', type: 'text', data: long });
  qmp.destroy();
  vnc.destroy();
}
