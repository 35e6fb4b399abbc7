import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatGroup, parseKeyFile } from '#shared/config/key-file.ts';

const pairs = (text: string) => parseKeyFile(text, 'f').map(({ group, key, value }) => [group, key, value]);

describe('key file', () => {
  it('reads groups, keys and values, trimmed', () => {
    assert.deepEqual(pairs('# c\n[a]\nx = 1 \n\n[b]\ny=2=3\n'), [
      ['a', 'x', '1'],
      ['b', 'y', '2=3'],
    ]);
  });

  it('the last value of a key counts', () => assert.deepEqual(pairs('[a]\nx=1\nx=2'), [['a', 'x', '2']]));

  it('a # inside a value is part of it', () => assert.deepEqual(pairs('[a]\nx=1 # 2'), [['a', 'x', '1 # 2']]));

  for (const [text, message] of [
    ['x=1', "f:1: key 'x' stands before any [group]"],
    ['[a]\nnonsense', "f:2: neither a [group] nor key=value: 'nonsense'"],
    ['[a]\nx=\\q', "f:2: key 'x': unknown escape in the value"],
  ] as const) {
    it(`${JSON.stringify(text)} is an error with its line`, () => {
      assert.throws(() => parseKeyFile(text, 'f'), { code: 'invalid-argument', message });
    });
  }

  for (const value of ['plain', ' leading', 'a\\b', 'a;b', 'tab\tnewline\n', '']) {
    it(`${JSON.stringify(value)} survives writing and reading`, () => {
      assert.deepEqual(pairs(formatGroup('g', [['k', value]])), [['g', 'k', value]]);
    });
  }
});
