/** Bundles the product: one program, a file for each of its faces, and the native parts beside them. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { buildCommit } from './commit.js';
import { common, compileGuard, compilePamParts, copyNativeParts, root } from './esbuild.js';

/** Of package.json: one version for the program, its manual and its packages. */
export const version = /** @type {string} */ (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version
);

/** What a build makes in a folder that others may use too. */
const MADE = /^(uga(-[a-z-]+)?\.js|package\.json|native)$/;

/**
 * Makes uga.js, the files of its faces and native/ in a folder, in place of what a build before this one left there.
 *
 * A face is a file that needs no other: whoever runs one reads the part of the program that it is, and a process that is
 * older than the files, as after an upgrade, never looks for one of them.
 * @param {string} folder
 * @param {{ interpreter: string, minifyWhitespace?: boolean }} how the program that the first line names; without its white
 *   space the program takes a megabyte less of each process's own memory, and its names stay readable in a stack trace
 * @returns {Promise<import('esbuild').Metafile>} which files are in it
 */
export async function buildProduct(folder, { interpreter, minifyWhitespace = false }) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((one) => MADE.test(one))) {
    rmSync(path.join(folder, name), { recursive: true });
  }
  /** @satisfies {import('esbuild').BuildOptions} */
  const options = {
    ...common,
    // Node makes more of each module that an ES module names: 10 ms of the processor at each start of an agent.
    format: /** @type {const} */ ('cjs'),
    banner: {},
    outdir: folder,
    legalComments: /** @type {const} */ ('none'),
    minifyWhitespace,
    metafile: /** @type {const} */ (true),
    define: { UGA_VERSION: JSON.stringify(version), UGA_COMMIT: JSON.stringify(buildCommit()) },
  };
  /** @type {Record<string, string>} */
  const faces = {};
  const { metafile } = await build({
    ...options,
    entryPoints: { uga: 'uga.ts' },
    banner: { js: `#!${interpreter}` },
    plugins: [facesApart(faces)],
  });
  chmodSync(path.join(folder, 'uga.js'), 0o755);
  /** @type {Record<string, string>} */
  const rarely = {};
  const { metafile: ofFaces } = await build({
    ...options,
    entryPoints: faces,
    plugins: [...(common.plugins ?? []), rareApart(rarely)],
  });
  const { metafile: ofRare } = await build({
    ...options,
    entryPoints: rarely,
    plugins: [...(common.plugins ?? []), onlyLinux],
    // A CommonJS bundle has no `import.meta`.
    banner: { js: "const __address = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': '__address' },
  });
  // For Node, which asks the nearest of these files what kind of module it has before it.
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  copyNativeParts(folder);
  const missing = compileGuard(folder);
  if (missing !== undefined) console.error(`built without the commands that freeze file systems: ${missing}`);
  const pam = compilePamParts(folder);
  if (pam !== undefined) console.error(`built without what single sign-on needs of PAM: ${pam}`);
  return {
    inputs: { ...ofFaces.inputs, ...ofRare.inputs },
    outputs: { ...metafile.outputs, ...ofFaces.outputs, ...ofRare.outputs },
  };
}

/**
 * Leaves what faces.ts loads to files of their own.
 * @param {Record<string, string>} faces gets their sources, by the names of their files
 * @returns {import('esbuild').Plugin}
 */
function facesApart(faces) {
  return {
    name: 'faces-apart',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/.+\.ts$/ }, ({ path: source, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const name = `uga-${path.basename(path.dirname(source))}`;
        faces[name] = source;
        return { path: name, namespace: 'face' };
      });
      onLoad({ filter: /.*/, namespace: 'face' }, ({ path: name }) => ({
        contents: `import { loadBundle } from '#shared/process/bundle.ts';
          export const { run } = loadBundle(require, __dirname, '${name}.js');`,
        resolveDir: root,
      }));
    },
  };
}

/** Packages that hardly any process needs, and that are a quarter as large as a face. */
const RARE = /^clipboardy$/;

/**
 * Leaves them to files of their own.
 * @param {Record<string, string>} rarely gets their names, by those of their files
 * @returns {import('esbuild').Plugin}
 */
function rareApart(rarely) {
  return {
    name: 'rare-apart',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: RARE }, ({ path: name }) => {
        rarely[`uga-${name}`] = name;
        return { path: name, namespace: 'rare' };
      });
      onLoad({ filter: /.*/, namespace: 'rare' }, ({ path: name }) => ({
        contents: `module.exports = require('node:module').createRequire(__filename)('./uga-${name}.js');`,
        resolveDir: root,
      }));
    },
  };
}

/**
 * clipboardy for other systems, and for pictures, which it has for none of ours.
 * @type {import('esbuild').Plugin}
 */
const onlyLinux = {
  name: 'only-linux',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(\.\/lib\/(windows|macos|termux|wsl)\.js|clipboard-image)$/ }, ({ path: wanted }) => ({
      path: wanted,
      namespace: 'other-systems',
    }));
    onLoad({ filter: /.*/, namespace: 'other-systems' }, () => ({ contents: 'module.exports = undefined' }));
  },
};
