/**
 * Records what QEMU's own QMP server answers:
 *
 *     node test/support/capture/qemu-qmp.js
 *
 * QEMU has no machine; only its monitor is there. After each thing that is said, what comes until it has been quiet for
 * a moment is the answer.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../../installer/root.js';
import { AFTER_NEGOTIATION, BEFORE_NEGOTIATION } from '../qmp/dialogue.js';
import { peerOf } from './golden.js';

const QUIET_MS = 500;

const qemu = spawn('qemu-system-x86_64', ['-machine', 'none', '-nodefaults', '-display', 'none', '-qmp', 'stdio'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
let heard = '';
qemu.stdout.on('data', (bytes) => {
  heard += bytes.toString('latin1');
});

async function answer() {
  for (let before = ''; heard === '' || heard !== before; await sleep(QUIET_MS)) before = heard;
  const lines = heard.split('\r\n').slice(0, -1);
  heard = '';
  return lines;
}

const dialogue = [{ say: '', hear: await answer() }];
for (const say of [...BEFORE_NEGOTIATION, ...AFTER_NEGOTIATION]) {
  qemu.stdin.write(`${say}\n`, 'latin1');
  dialogue.push({ say, hear: await answer() });
}
qemu.kill();

const folder = path.join(root, 'test', 'golden', 'qmp');
mkdirSync(folder, { recursive: true });
const facts = { peer: peerOf('qemu-system-x86'), captured: 'node test/support/capture/qemu-qmp.js', dialogue };
writeFileSync(path.join(folder, 'qemu-negotiation.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
