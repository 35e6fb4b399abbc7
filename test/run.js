/**
 * `npm test`: bundles the tests, runs them group by group on Node's own test runner, and says what was skipped and why.
 *
 *     node test/run.js                 unit, fuzz and peer; what needs a missing program is skipped
 *     node test/run.js unit vm         only these groups
 *     node test/run.js peer/qga        only test files whose path begins so
 *     node test/run.js --all           also package and vm, and installs the missing programs first (asks, unless CI=1)
 *     node test/run.js long            what not even that runs: minutes each, for before a release (npm run vm:long)
 *
 * With CI=1 a skip that is not in test/skips.allowed fails the run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ensureDependencies } from '../installer/dependencies.js';
import { makePackage } from '../installer/package.js';
import { root } from '../installer/root.js';
import { installPeers } from './support/peers.js';
import { allowedSkips } from './support/skips.js';

/** In this order: what is quick and points at the cause first. */
const GROUPS = [
  { name: 'unit', concurrency: 2 },
  { name: 'fuzz', concurrency: 2 },
  { name: 'peer', concurrency: 1 },
  { name: 'package', concurrency: 1, skip: 'builds packages' },
  { name: 'vm', concurrency: 2, skip: 'runs virtual machines' },
  { name: 'clocked', concurrency: 1, skip: 'runs virtual machines' },
  { name: 'long', concurrency: 1, skip: 'takes many minutes: npm run vm:long' },
];

/** Guests in which seconds are counted: what else runs beside them would be counted too. */
const CLOCKED = ['vm/desktop/sessions', 'vm/freeze/alone', 'vm/freeze/rounds', 'vm/hanging-disk', 'vm/idle'];
/** Guests with an image of their own, or that are installed or put to sleep again and again. */
const LONG = [
  ...['vm/databases', 'vm/desktop/desktops', 'vm/desktop/gnome', 'vm/desktop/one-agent', 'vm/desktop/pointer'],
  ...['vm/desktop/plasma', 'vm/desktop/qxl', 'vm/desktop/sso', 'vm/desktop/sway', 'vm/migration'],
  ...['peer/newer', 'vm/sleep-on-disk'],
];

/** That one file of tests may take; `npm run vm:long` has another. */
const minutes = Number(process.env.UGA_TEST_MINUTES ?? 20);
const ci = process.env.CI === '1' || process.env.CI === 'true';
const words = process.argv.slice(2);
const all = ci || words.includes('--all');
const wanted = words.filter((word) => !word.startsWith('-'));

process.chdir(root);
ensureDependencies();
if (all) await installPeers({ ask: !ci });
const { bundleTests } = await import('./support/bundle.js');
const { stop } = await import('esbuild');
const files = (await bundleTests())
  .filter((file) => isWanted(file.source))
  .map((file) => ({ ...file, group: groupOf(file) }));
/** Some groups fetch what is large and take minutes: only when they are asked for. */
const onlyQuick = !all && wanted.length === 0;
// Unit tests import what they test; others run the program, and guests install it.
if (files.some((file) => file.source.startsWith('test/peer/'))) await import('../installer/bundle.js');
if (!onlyQuick && files.some((file) => file.source.startsWith('test/vm/'))) await makePackage({ quick: true });
await stop(); // esbuild's process, which would stay as long as ours

const totals = { passed: 0, failed: 0, skipped: 0 };
/** @type {Map<string, string>} */
const skips = new Map();
for (const group of GROUPS) {
  const chosen = files.filter((file) => file.group === group.name);
  if (chosen.length === 0) continue;
  if (group.skip !== undefined && (onlyQuick || (group.name === 'long' && wanted.length === 0))) {
    totals.skipped += chosen.length;
    for (const { source } of chosen) skips.set(source, group.skip);
    continue;
  }
  const started = Date.now();
  console.log(`\n== ${group.name}`);
  const outputs = chosen.map((file) => file.output);
  await runGroup(group.name, outputs, group.concurrency);
  console.log(`== ${group.name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

let refused = 0;
if (skips.size > 0) {
  const allowed = allowedSkips();
  console.log('\nSkipped:');
  for (const [name, reason] of skips) {
    const known = allowed.has(name);
    if (ci && !known) refused++;
    console.log(`  ${name}: ${reason}${ci && !known ? ' (not in test/skips.allowed)' : ''}`);
  }
  if (!all) console.log('To run these too, with the programs they need from apt: npm run test:all');
}
if (refused > 0) console.log(`${refused} tests were skipped without a reason in test/skips.allowed`);
if (totals.passed + totals.failed === 0) console.log('no test was run');
console.log(`\n${totals.passed} passed, ${totals.failed + refused} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed + refused > 0 || totals.passed === 0 ? 1 : 0;

/** @param {string} source */
function isWanted(source) {
  if (wanted.length === 0) return true;
  if (wanted.includes('long') && isOneOf(LONG, source)) return true;
  return wanted.some((word) => source.startsWith(`test/${word}`) || source.startsWith(word));
}

/** @param {{ group: string, source: string }} file */
function groupOf({ group, source }) {
  if (isOneOf(LONG, source)) return 'long';
  return isOneOf(CLOCKED, source) ? 'clocked' : group;
}

/**
 * @param {string[]} prefixes
 * @param {string} source
 */
function isOneOf(prefixes, source) {
  return prefixes.some((prefix) => source.startsWith(`test/${prefix}`));
}

/**
 * @param {string} name
 * @param {string[]} outputs
 * @param {number} concurrency
 */
async function runGroup(name, outputs, concurrency) {
  const words = JSON.stringify({ files: outputs, concurrency, minutes });
  const runner = fork(path.join(root, 'test', 'support', 'run-group.js'), [words]);
  /** @type {import('./support/run-group.js').GroupTotals | undefined} */
  let said;
  runner.on('message', (message) => {
    said = /** @type {import('./support/run-group.js').GroupTotals} */ (message);
  });
  const [code, signal] = await once(runner, 'close');
  if (said === undefined) {
    console.log(`the group ${name} ended without its totals: ${signal ?? `exit ${code}`}`);
    totals.failed++;
    return;
  }
  if (code !== 0)
    console.log(`the runner of the group ${name} ended with ${signal ?? `exit ${code}`} behind its totals`);
  totals.passed += said.passed;
  totals.failed += said.failed;
  totals.skipped += said.skipped.length;
  for (const [test, reason] of said.skipped) skips.set(test, reason);
}
