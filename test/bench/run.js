/** `npm run bench [-- qga link …]`: measures our agent beside the originals and writes test/bench/results/. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureDependencies } from '../../installer/dependencies.js';
import { root } from '../../installer/root.js';

process.chdir(root);
ensureDependencies();
await import('../../installer/bundle.js');
const { build } = await import('esbuild');
const { common, copyNativeParts } = await import('../../installer/esbuild.js');
const out = path.join(root, 'build', 'bench');
await build({ ...common, entryPoints: ['test/bench/main.ts'], outdir: out });
copyNativeParts(out);
process.exitCode =
  spawnSync(process.execPath, [path.join(out, 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
