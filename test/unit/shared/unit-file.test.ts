import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expandWords, parseUnitFile, splitWords } from '#shared/config/unit-file.ts';

describe('unit file', () => {
  it('joins continued lines around comments and keeps the first line number', () => {
    const { entries, wrong } = parseUnitFile('[Service]\n# c\nExecStart=/a \\\n; c\n  -b \\\n  -c\nX = y\n');
    assert.deepEqual(
      entries.map(({ section, key, value, line }) => [section, key, value.replace(/ +/g, ' '), line]),
      [
        ['Service', 'ExecStart', '/a -b -c', 3],
        ['Service', 'X', 'y', 7],
      ],
    );
    assert.deepEqual(wrong, []);
  });

  it('names the lines that are nothing it knows', () => {
    assert.deepEqual(parseUnitFile('[Service]\n-b x\n.include /y\n').wrong, [2, 3]);
  });
});

describe('words of a unit', () => {
  for (const [value, expected] of [
    ['/a  -b\tc', ['/a', '-b', 'c']],
    ['"a b" \'c "d\'', ['a b', 'c "d']],
    ['--x="a b"', ['--x=a b']],
    ['a\\x20b\\tc', ['a b\tc']],
    ['"" x', ['', 'x']],
    ['100%%', ['100%']],
  ] as const) {
    it(JSON.stringify(value), () => assert.deepEqual(splitWords(value), { words: expected }));
  }

  for (const [value, wrong] of [
    ['a %i', "specifier '%i'"],
    ['"a', 'a quote that does not end'],
    ['\\q', "unknown escape '\\q'"],
  ] as const) {
    it(`${JSON.stringify(value)}: ${wrong}`, () => assert.deepEqual(splitWords(value), { wrong }));
  }

  const variables = new Map([
    ['LIST', '--a=1 --b="2 3"'],
    ['EMPTY', ''],
    ['BAD', '"'],
  ]);
  for (const [words, expected] of [
    [['$LIST'], { words: ['--a=1', '--b=2 3'] }],
    [[`\${LIST}`], { words: ['--a=1 --b="2 3"'] }],
    [[`x\${EMPTY}y`, '$EMPTY', `\${EMPTY}`], { words: ['xy', ''] }],
    [['a$$b', 'a$LIST'], { words: ['a$b', 'a$LIST'] }],
    [[`\${NOBODY}`], { wrong: 'nobody sets the variable NOBODY' }],
    [['$NOBODY'], { wrong: 'nobody sets the variable NOBODY' }],
    [['$BAD'], { wrong: '$BAD: a quote that does not end' }],
  ] as const) {
    it(`${words.join(' ')} with variables`, () => assert.deepEqual(expandWords(words, variables), expected));
  }
});
