import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { documents } from '../../installer/docs/documents.ts';

for (const { path, text } of documents()) {
  it(`${path} is what \`npm run docs\` makes`, () => assert.equal(readFileSync(path, 'utf8'), text));
}
