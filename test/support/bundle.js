import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { common, copyNativeParts, root } from '../../installer/esbuild.js';

/** Programs that tests start, here or in a guest; each is build/test/GROUP-NAME.js like a test. */
const PROGRAMS = [
  'test/vm/channel-probe.ts',
  'test/vm/hooks-probe.ts',
  'test/vm/desktop/pointer-probe.ts',
  'test/support/link/system-side.ts',
  'test/support/link/session-side.ts',
];

/**
 * Compiles every test/GROUP/*.test.ts, and what they start, into build/test, with shared chunks.
 * @returns {Promise<{ group: string, source: string, output: string }[]>}
 */
export async function bundleTests() {
  const out = path.join(root, 'build', 'test');
  rmSync(out, { recursive: true, force: true });
  const sources = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .sort();
  await build({
    ...common,
    entryPoints: [...sources, ...PROGRAMS].map((source) => ({ in: source, out: flatName(source) })),
    outdir: out,
    splitting: true,
    sourcemap: 'inline',
    sourcesContent: false,
    define: { UGA_VERSION: '"0.0.0-test"', UGA_COMMIT: '"test"' },
  });
  copyNativeParts(out);
  return sources.map((source) => ({
    group: source.split('/')[1] ?? '',
    source,
    output: path.join(out, `${flatName(source)}.js`),
  }));
}

/**
 * Compiles a program of the tests that is not a test, like the one behind `npm run vm`.
 * @param {string} source path from the checkout's top folder
 * @returns {Promise<string>} file to import
 */
export async function bundleProgram(source) {
  const outfile = path.join(root, 'build', `${flatName(source)}.js`);
  await build({ ...common, entryPoints: [source], outfile });
  return outfile;
}

/** One folder for all, so that every bundle finds the native parts at the same relative path. */
function flatName(/** @type {string} */ source) {
  return source
    .replace(/^test\//, '')
    .replace(/\.ts$/, '')
    .replaceAll('/', '-');
}
