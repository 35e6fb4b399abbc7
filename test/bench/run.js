/**
 * `npm run bench [-- qga link …]`: measures our agent, as it is packaged, beside the originals and writes test/bench/results/.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies } from '../../installer/dependencies.js';
import { makePackage } from '../../installer/package.js';
import { root } from '../../installer/root.js';

process.chdir(root);
ensureDependencies();
const { build } = await import('esbuild');
const { common, copyNativeParts } = await import('../../installer/esbuild.js');
const out = path.join(root, 'build', 'bench');
await build({ ...common, entryPoints: ['test/bench/main.ts'], outdir: out });
copyNativeParts(out);
const installed = path.join(out, 'installed');
rmSync(installed, { recursive: true, force: true });
execFileSync('dpkg-deb', ['-x', await makePackage({ folder: out, quick: true }), installed]);
const env = { ...process.env, UGA_UNPACKED: installed };
const words = [path.join(out, 'main.js'), ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit', env }).status ?? 1;
