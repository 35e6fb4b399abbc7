import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeManual } from '../manual.js';
import { buildProduct, version } from '../product.js';
import { root } from '../root.js';
import { compiledFaces } from './compiled.js';
import { copyrightFile } from './copyright.js';
import { debianChangelog } from './debian-changelog.js';
import { bundledParts } from './parts.js';
import { askRelease, unpackRuntime } from './runtime.js';
import { billOfMaterials } from './sbom.js';

const DOC = 'usr/share/doc/uga';
/** All of the program in one folder; what stands elsewhere are links and what other programs look for. */
const PROGRAM = 'usr/lib/uga';

/**
 * Lays out everything that is installed, for whichever kind of package.
 * @param {import('./tree.js').Tree} tree
 * @param {Date} date
 */
export async function layOut(tree, date) {
  const work = mkdtempSync(path.join(tmpdir(), 'uga-content-'));
  try {
    const bundle = path.join(work, 'bundle');
    const node = path.join(work, 'runtime');
    mkdirSync(node);
    unpackRuntime(node);
    const metafile = await buildProduct(bundle, { interpreter: `/${PROGRAM}/node`, minifyWhitespace: true });
    const parts = bundledParts(metafile);

    tree.copy(PROGRAM, bundle);
    tree.copy(`${PROGRAM}/node`, path.join(node, 'node'));
    for (const [name, code] of compiledFaces(path.join(node, 'node'), bundle)) tree.write(`${PROGRAM}/${name}`, code);
    tree.link('usr/bin/uga', '../lib/uga/uga.js');
    tree.link('usr/sbin/qemu-ga', '../lib/uga/uga.js');
    tree.copy('.', path.join(root, 'installer', 'root'));
    tree.makeFolder('etc/uga/uga.conf.d');
    for (const page of await makeManual({ version, date })) {
      if (page.path.includes('/man/')) tree.write(`${page.path}.gz`, compressed(page.text));
      else tree.write(page.path, page.text);
    }

    const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
    tree.write(`${DOC}/changelog.gz`, compressed(debianChangelog(changelog, { version, date })));
    tree.write(`${DOC}/copyright`, copyrightFile(parts, readFileSync(path.join(node, 'LICENSE'), 'utf8')));
    tree.write(
      `${DOC}/sbom.cdx.json`,
      billOfMaterials({
        version,
        date,
        parts,
        runtimeParts: askRelease(path.join(node, 'node')).parts,
        runtimeProgram: readFileSync(path.join(node, 'node')),
      }),
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** By gzip itself: what Node's zlib makes differs from release to release. */
function compressed(/** @type {string} */ text) {
  return execFileSync('gzip', ['-9nc'], { input: text });
}
