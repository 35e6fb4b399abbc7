/**
 * `npm run package`: makes dist/packages/uga_VERSION_amd64.deb with all that a guest needs, its own Node included.
 *
 *     npm run package                  as it is published
 *     npm run package -- --quick       compressed quickly, a fifth larger: for tests
 *     npm run package -- --out DIR     elsewhere
 *
 * One commit gives the same bytes wherever and whenever it is built; SOURCE_DATE_EPOCH takes the place of the commit's date.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './dependencies.js';
import { ensureTools } from './package/tools.js';
import { root } from './root.js';

/**
 * @param {{ folder?: string, quick?: boolean }} [options]
 * @returns {Promise<string>} path of the package
 */
export async function makePackage({ folder = path.join(root, 'dist', 'packages'), quick = false } = {}) {
  ensureDependencies();
  ensureTools();
  const { commitDate } = await import('./commit.js');
  const { version } = await import('./product.js');
  const { layOut } = await import('./package/content.js');
  const { makeDeb } = await import('./package/deb.js');
  const { Tree } = await import('./package/tree.js');
  const date = commitDate();
  const work = mkdtempSync(path.join(tmpdir(), 'uga-package-'));
  try {
    const tree = new Tree(work);
    await layOut(tree, date);
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `uga_${version}_amd64.deb`);
    makeDeb(tree, { version, date, quick, file });
    return file;
  } finally {
    rmSync(work, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, out: { type: 'string' } } });
  try {
    const folder = values.out === undefined ? {} : { folder: path.resolve(values.out) };
    console.log(path.relative('', await makePackage({ ...folder, quick: values.quick ?? false })));
  } catch (error) {
    console.error(`npm run package: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
