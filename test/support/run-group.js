/**
 * One group of test files on Node's own test runner, as a program of its own: what becomes of it is one line of the run, and
 * what counts is what it says before its end.
 *
 *     fork('run-group.js', [JSON.stringify({ files, concurrency, minutes })])   sends one GroupTotals
 */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * @typedef {object} GroupTotals
 * @property {number} passed
 * @property {number} failed
 * @property {[name: string, reason: string][]} skipped
 */

const MS_PER_MINUTE = 60_000;
const SLOWEST = 8;

/** @type {{ files: string[], concurrency: number, minutes: number }} */
const { files, concurrency, minutes } = JSON.parse(process.argv[2] ?? '{}');
/** @type {GroupTotals} */
const totals = { passed: 0, failed: 0, skipped: [] };
/** @type {[file: string, ms: number][]} */
const times = [];

const over = new AbortController();
setMaxListeners(0, over.signal); // the runner waits for its end once for each file
process.on('disconnect', () => over.abort()); // whoever asked for this is gone

const stream = run({ files, concurrency, timeout: minutes * MS_PER_MINUTE, signal: over.signal });
stream.on('test:fail', (test) => {
  if (isLeaf(test)) totals.failed++;
});
stream.on('test:pass', (test) => {
  if (!isLeaf(test)) return;
  if (test.skip === undefined || test.skip === false) totals.passed++;
  else totals.skipped.push([test.name, typeof test.skip === 'string' ? test.skip : 'no reason given']);
});
stream.on('test:complete', (test) => {
  if (test.name === test.file) times.push([path.basename(test.name, '.test.js'), test.details.duration_ms]);
});
for await (const text of stream.compose(new spec())) process.stdout.write(text);
if (times.length > SLOWEST) {
  const slowest = times.sort(([, one], [, other]) => other - one).slice(0, SLOWEST);
  console.log(`slowest: ${slowest.map(([file, ms]) => `${file} ${(ms / 1000).toFixed(0)} s`).join(', ')}`);
}
if (over.signal.aborted) process.exit(1);
process.send?.(totals, () => process.exit());

/** Suites and files are sums of their tests. A suite that is skipped as a whole counts once. */
function isLeaf(/** @type {any} */ test) {
  return test.details?.type !== 'suite' || Boolean(test.skip);
}
