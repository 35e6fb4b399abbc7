import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { without } from '#test/support/programs.ts';
import { qgaRows } from './qga.ts';
import { table } from './report.ts';

const missing = without('qemu-ga');
if (missing !== false) {
  console.error(`${missing}: the bench measures it beside ours (npm run test:all installs it)`);
  process.exit(1);
}

const rows = await qgaRows();
const result = {
  machine: `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}`,
  versions: { node: process.version, 'qemu-ga': run('qemu-ga', '--version').replace('QEMU Guest Agent ', '') },
  commit: run('git', 'rev-parse', '--short=12', 'HEAD'),
  rows,
};
mkdirSync('test/bench/results', { recursive: true });
writeFileSync('test/bench/results/qga.json', `${JSON.stringify(result, null, 2)}\n`);
console.log(`${result.machine}\n\n${table(rows)}`);

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args).toString().trim();
}
