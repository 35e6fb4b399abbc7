import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../installer/root.js';

/**
 * Names of tests that may be skipped in CI. A line of test/skips.allowed: the test's name, a tab, the reason.
 * @returns {Set<string>}
 */
export function allowedSkips() {
  const lines = readFileSync(path.join(root, 'test', 'skips.allowed'), 'utf8').split('\n');
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t')[0] ?? ''));
}
