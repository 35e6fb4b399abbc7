import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Script } from 'node:vm';
import { loadBundle } from '#shared/process/bundle.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const BUNDLE = `
const neighbour = require('./neighbour.js');
exports.run = async (words) => words.length + neighbour.offset;
exports.where = [__filename, __dirname];
`;

describe('the bundle of a face', () => {
  const load = createRequire(import.meta.url);
  const codes: [string, Buffer | undefined][] = [
    ['without code of V8', undefined],
    ['with its code', new Script(Module.wrap(BUNDLE)).createCachedData()],
    ['with code of another text', new Script(Module.wrap('exports.run = 1')).createCachedData()],
    ['with code that is broken', Buffer.from('no code')],
    ['with an empty file of code', Buffer.alloc(0)],
  ];
  for (const [name, code] of codes) {
    it(`is the same ${name}`, async () => {
      using folder = temporaryFolder();
      const program = path.join(folder.path, 'program');
      mkdirSync(program);
      writeFileSync(path.join(program, 'package.json'), '{ "type": "commonjs" }');
      writeFileSync(path.join(program, 'neighbour.js'), 'exports.offset = 40;');
      writeFileSync(path.join(program, 'face.js'), BUNDLE);
      if (code !== undefined) writeFileSync(path.join(program, 'face.js.code'), code);
      const face = loadBundle(load, program, 'face.js');
      assert.equal(await face.run(['a', 'b'], process), 42);
      assert.deepEqual((face as unknown as { where: string[] }).where, [path.join(program, 'face.js'), program]);
    });
  }

  it('that is not there is an error that names it', () => {
    using folder = temporaryFolder();
    assert.throws(() => loadBundle(load, folder.path, 'uga-none.js'), /uga-none\.js/);
  });
});
