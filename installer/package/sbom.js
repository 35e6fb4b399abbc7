import { createHash } from 'node:crypto';
import { runtime } from './runtime.js';

/**
 * The bill of materials, in CycloneDX 1.6: what the package consists of, for who has to know whether a hole that became known
 * is in it. Made from the same list as the licences, and from what the runtime says of itself.
 * @param {object} content
 * @param {string} content.version of uga
 * @param {Date} content.date
 * @param {import('./parts.js').Part[]} content.parts
 * @param {Record<string, string>} content.runtimeParts `process.versions` of the runtime
 * @param {Buffer} content.runtimeProgram as it is installed
 */
export function billOfMaterials({ version, date, parts, runtimeParts, runtimeProgram }) {
  const node = {
    type: 'platform',
    name: 'node',
    version: runtime.version,
    purl: `pkg:npm/${runtime.package}@${runtime.version}`,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(runtimeProgram).digest('hex') }],
    components: Object.entries(runtimeParts)
      .filter(([name]) => !['node', 'modules', 'napi'].includes(name)) // versions of itself and of its interfaces
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, partVersion]) => ({ type: 'library', name, version: partVersion })),
  };
  const libraries = parts.map((part) => ({
    type: 'library',
    name: part.name,
    version: part.version,
    licenses: [{ license: { id: part.licence } }],
    purl: `pkg:npm/${part.name.replace('@', '%40')}@${part.version}`,
  }));
  const { header } = /** @type {{ header: { glibcVersionRuntime: string } }} */ (
    /** @type {unknown} */ (process.report.getReport())
  );
  // Linked into the guard of a freeze, on the machine that builds.
  const glibc = {
    type: 'library',
    name: 'glibc',
    version: header.glibcVersionRuntime,
    licenses: [{ license: { id: 'LGPL-2.1-or-later' } }],
  };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: date.toISOString(),
      component: { type: 'application', name: 'uga', version, licenses: [{ license: { id: 'Apache-2.0' } }] },
    },
    components: [node, glibc, ...libraries],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
