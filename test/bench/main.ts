import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { without } from '#test/support/programs.ts';
import { auditRows } from './audit.ts';
import { clipboardRows } from './clipboard.ts';
import { idleRows } from './idle.ts';
import { linkRows } from './link.ts';
import { ovirtRows } from './ovirt.ts';
import { qgaRows } from './qga.ts';
import { qmpRows } from './qmp.ts';
import { table } from './report.ts';
import { spiceRows } from './spice.ts';
import { vdagentRows } from './vdagent.ts';

const missing = without('qemu-ga');
if (missing !== false) {
  console.error(`${missing}: the bench measures it beside ours (npm run test:all installs it)`);
  process.exit(1);
}

const machine = `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}`;
const versions = {
  node: run(`${process.env.UGA_UNPACKED}/usr/lib/uga/node`, '--version'),
  'qemu-ga': run('qemu-ga', '--version').replace('QEMU Guest Agent ', ''),
};
const commit = run('git', 'rev-parse', '--short=12', 'HEAD');

/** What is measured, by the name of its file. */
const SUBJECTS = {
  qga: qgaRows,
  idle: idleRows,
  audit: auditRows,
  qmp: qmpRows,
  link: linkRows,
  vdagent: vdagentRows,
  ovirt: ovirtRows,
  clipboard: clipboardRows,
  spice: spiceRows,
};
const wanted = process.argv.slice(2);

mkdirSync('test/bench/results', { recursive: true });
console.log(machine);
for (const [name, measure] of Object.entries(SUBJECTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const rows = await measure();
  writeFileSync(`test/bench/results/${name}.json`, `${JSON.stringify({ machine, versions, commit, rows }, null, 2)}\n`);
  console.log(`\n${name}\n${table(rows)}`);
}

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args).toString().trim();
}
