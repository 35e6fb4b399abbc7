/** What V8 makes of the agents' bundles, so that no start has to do it: shared/process/bundle.ts takes it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../root.js';

const UNITS = path.join(root, 'installer/root/usr/lib/systemd');

/** `struct` of V8's code cache: u32 words, of which the fourth tells the flags. V8, src/snapshot/code-serializer.h */
const FLAGS_AT = 12;

/** Runs in the runtime of the package. */
const COMPILE = `
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const { Script } = require('node:vm');
const [, bundle] = process.argv;
process.stdout.write(new Script(wrap(readFileSync(bundle, 'latin1'))).createCachedData());
`;

const CHECK = `
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const { Script } = require('node:vm');
const [, bundle] = process.argv;
const script = new Script(wrap(readFileSync(bundle, 'latin1')), { cachedData: readFileSync(0) });
process.stdout.write(String(script.cachedDataRejected));
`;

/**
 * Of each face that a unit starts, with that unit's flags. V8 orders what it makes by hashes that are random by default; made
 * with a fixed seed, the same commit gives the same bytes. The header's word for the flags must be that of the unit's, which
 * has no such seed.
 * @param {string} node the package's runtime
 * @param {string} bundles folder
 * @returns {(readonly [name: string, code: Buffer])[]}
 * @throws {Error} when V8 does not take what it made
 */
export function compiledFaces(node, bundles) {
  return startedFaces().map(([face, flags]) => {
    const name = `uga-${face}.js`;
    const bundle = path.join(bundles, name);
    const compile = (/** @type {string[]} */ ...more) =>
      execFileSync(node, [...flags, ...more, '-e', COMPILE, bundle], { maxBuffer: 1 << 26, env: {} });
    const code = compile('--hash-seed=1');
    compile().copy(code, FLAGS_AT, FLAGS_AT, FLAGS_AT + 4);
    const rejected = execFileSync(node, [...flags, '-e', CHECK, bundle], { input: code, env: {}, encoding: 'utf8' });
    if (rejected !== 'false') throw new Error(`V8 does not take its own code of ${name} (${rejected})`);
    return /** @type {const} */ ([`${name}.code`, code]);
  });
}

/** @returns {[face: string, flags: string[]][]} */
function startedFaces() {
  return readdirSync(UNITS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.service'))
    .flatMap((name) => {
      const unit = readFileSync(path.join(UNITS, name), 'utf8');
      const [, flags = '', face] = /^ExecStart=\S+\/node ((?:--\S+ )*)\S+\/uga\.js (\S+)$/m.exec(unit) ?? [];
      return face === undefined ? [] : [[face, flags.split(' ').filter(Boolean)]];
    });
}
