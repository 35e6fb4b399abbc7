/** Bundles the product: one program with all faces, and the native parts beside it. */
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { buildCommit } from './commit.js';
import { common, compileGuard, compilePamParts, copyNativeParts, root } from './esbuild.js';

/** Of package.json: one version for the program, its manual and its packages. */
export const version = /** @type {string} */ (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version
);

/**
 * Makes uga.js and native/ in a folder, in place of what a build before this one left there.
 * @param {string} folder
 * @param {{ interpreter: string, minifyWhitespace?: boolean }} how the program that the first line names; without its white
 *   space the program takes a megabyte less of each process's own memory, and its names stay readable in a stack trace
 * @returns {Promise<import('esbuild').Metafile>} which files are in it
 */
export async function buildProduct(folder, { interpreter, minifyWhitespace = false }) {
  const program = path.join(folder, 'uga.js');
  for (const part of [program, path.join(folder, 'native')]) rmSync(part, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { uga: 'uga.ts' },
    outdir: folder,
    legalComments: 'none',
    minifyWhitespace,
    metafile: true,
    banner: { js: `#!${interpreter}\n${common.banner?.js}` },
    define: { UGA_VERSION: JSON.stringify(version), UGA_COMMIT: JSON.stringify(buildCommit()) },
  });
  chmodSync(program, 0o755);
  copyNativeParts(folder);
  const missing = compileGuard(folder);
  if (missing !== undefined) console.error(`built without the commands that freeze file systems: ${missing}`);
  const pam = compilePamParts(folder);
  if (pam !== undefined) console.error(`built without what single sign-on needs of PAM: ${pam}`);
  return metafile;
}
