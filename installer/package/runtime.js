/**
 * The Node program that the package brings along, from the npm registry: an exact version with the hash of its archive,
 * both in runtime.json. Not a dependency in package.json, so that `npm ci` stays small for who builds no package.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** @type {{ package: string, version: string, integrity: string }} */
export const runtime = JSON.parse(readFileSync(new URL('./runtime.json', import.meta.url), 'utf8'));

/** Where downloads are kept between builds. */
const cache = process.env.UGA_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'uga');

/**
 * Puts the runtime into a folder: `node` without its symbols, a seventh of the file, and `LICENSE`.
 * @param {string} folder is there and empty
 * @throws {Error} when the archive is neither in the cache nor to be had, or is not the one in runtime.json
 */
export function unpackRuntime(folder) {
  const archive = fetchRuntime();
  const members = ['package/bin/node', 'package/LICENSE'];
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--no-same-owner', '--transform=s,.*/,,', ...members]);
  const program = path.join(folder, 'node');
  const { version, lts } = askRelease(program);
  if (version !== `v${runtime.version}` || !lts) {
    throw new Error(`${runtime.package} ${runtime.version} holds Node ${version}, which is ${lts || 'no LTS release'}`);
  }
  execFileSync('strip', ['--strip-all', program]);
}

/**
 * @param {string} program path of a Node program
 * @returns {{ version: string, lts?: string, parts: Record<string, string> }} `lts` is the name of the release line
 */
export function askRelease(program) {
  const question = 'JSON.stringify({ version: process.version, lts: process.release.lts, parts: process.versions })';
  return JSON.parse(execFileSync(program, ['-p', question], { encoding: 'utf8', env: {} }));
}

/** @returns {string} path of the checked archive */
function fetchRuntime() {
  const name = `${runtime.package}-${runtime.version}.tgz`;
  const kept = path.join(cache, name);
  // Checked each time: the cache is a folder like any other.
  if (existsSync(kept) && integrityOf(kept) === runtime.integrity) return kept;
  process.stderr.write(`fetching ${runtime.package} ${runtime.version} from the npm registry\n`);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(path.join(cache, 'unfinished-'));
  try {
    download(unfinished);
    const fetched = path.join(unfinished, name);
    const integrity = integrityOf(fetched);
    if (integrity !== runtime.integrity) throw new Error(`${name} is ${integrity}, and not ${runtime.integrity}`);
    renameSync(fetched, kept);
    return kept;
  } finally {
    rmSync(unfinished, { recursive: true });
  }
}

/** @param {string} folder */
function download(folder) {
  const command = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  try {
    execFileSync('npm', [...command, `${runtime.package}@${runtime.version}`], { stdio: ['ignore', 'ignore', 2] });
  } catch (error) {
    throw new Error(
      `npm could not fetch ${runtime.package} ${runtime.version}, and ${cache} does not hold it: the first package needs a network`,
      { cause: error },
    );
  }
}

/** @param {string} file */
function integrityOf(file) {
  return `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
}
