/** `npm run generate`: writes what is made from the table of settings and kept in the repository. A test compares. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { common, copyNativeParts, root } from './esbuild.js';

const folder = path.join(root, 'build', 'generate');
await build({
  ...common,
  entryPoints: [{ in: 'installer/generated.ts', out: 'index' }],
  outdir: folder,
});
copyNativeParts(folder);
const { generatedFiles } = await import(pathToFileURL(path.join(folder, 'index.js')).href);
for (const file of generatedFiles()) {
  const target = path.join(root, file.path);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, file.text);
}
