/** Manual pages and shell completion, made from the tables of the program itself. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { common, copyNativeParts, root } from './esbuild.js';

/**
 * @param {{ version: string, date: Date }} edition
 * @returns {Promise<{ path: string, text: string }[]>} files by their paths as installed, without the leading slash
 */
export async function makeManual(edition) {
  const folder = path.join(root, 'build', 'manual');
  await build({
    ...common,
    entryPoints: [{ in: 'installer/manual/index.ts', out: 'index' }],
    outdir: folder,
    define: { UGA_VERSION: JSON.stringify(edition.version), UGA_COMMIT: '"manual"' },
  });
  copyNativeParts(folder);
  const { manualFiles } = await import(pathToFileURL(path.join(folder, 'index.js')).href);
  return manualFiles(edition);
}
