/** `npm run docs`: writes the documents that are made from the program's own tables. */
import { writeFileSync } from 'node:fs';
import { ensureDependencies } from './dependencies.js';
import { root } from './root.js';

process.chdir(root);
ensureDependencies();
const { bundleProgram } = await import('../test/support/bundle.js');
const { documents } = await import(await bundleProgram('installer/docs/documents.ts'));
for (const { path, text } of documents()) {
  writeFileSync(path, text);
  console.log(path);
}
