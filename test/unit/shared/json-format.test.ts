import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatJson } from '#shared/json/format.ts';

describe('JSON text', () => {
  it('has one space after colons and commas and none elsewhere', () => {
    assert.equal(
      formatJson({ return: [1, { a: 'b', c: [] }], id: {} }),
      '{"return": [1, {"a": "b", "c": []}], "id": {}}',
    );
  });

  it('leaves out members that are undefined', () => {
    assert.equal(formatJson({ a: undefined, b: null }), '{"b": null}');
  });

  it('prints 64-bit integers digit for digit', () => {
    assert.equal(
      formatJson([18446744073709551615n, -9223372036854775808n]),
      '[18446744073709551615, -9223372036854775808]',
    );
  });

  it('is ASCII only, with upper-case escapes and surrogate pairs', () => {
    assert.equal(
      formatJson('\u00e9\u{1f600}\u007f\ud800"\\\n\u0001/'),
      '"\\u00E9\\uD83D\\uDE00\\u007F\\uFFFD\\"\\\\\\n\\u0001/"',
    );
  });

  // Expected texts printed by C's printf("%.17g").
  for (const [value, text] of [
    [0.1, '0.10000000000000001'],
    [1e20, '1e+20'],
    [1.5, '1.5'],
    [1e-7, '9.9999999999999995e-08'],
    [123456789.125, '123456789.125'],
    [1e16, '10000000000000000'],
    [1e17, '1e+17'],
    [0.0001, '0.0001'],
    [-2.5e-300, '-2.5e-300'],
    [1700000000.123456, '1700000000.123456'],
  ] as const) {
    it(`prints ${value} like %.17g`, () => assert.equal(formatJson(value), text));
  }
});
