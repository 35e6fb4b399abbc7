import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AssignmentsOf, readAssignments } from '#shared/config/assignments.ts';

/** NAME=VALUE, or "LINE: what is wrong". */
const read = (text: string, of: AssignmentsOf) =>
  readAssignments(text, of).map((one) =>
    'wrong' in one ? `${one.line}: ${one.wrong}` : `${one.line}: ${one.name}=${one.value}`,
  );

describe('assignments of a file', () => {
  for (const [text, shell, systemd = shell] of [
    ['# c\n\nA=1\n', ['3: A=1']],
    ['A=', ['1: A=']],
    ["A='x $y `z`'", ['1: A=x $y `z`']],
    ['A="x y"', ['1: A=x y']],
    ['A="x"\'y\'z', ['1: A=xyz']],
    ['A="a\\"b\\\\"', ['1: A=a"b\\']],
    ['A="a\\\nb"', ['1: A=ab']],
    ['A="a\nb"\nC=d', ['1: A=a\nb', '3: C=d']],
    ['A=a\\\nb', ['1: A=ab']],
    ['export A=1', ['1: A=1']],
    ['A=1 # c', ['1: A=1'], ['1: A=1 # c']],
    ['A=1 2', ['1: words after the value'], ['1: A=1 2']],
    ['; c', ['1: no NAME=VALUE'], []],
    ['A=$B', ["1: '$' outside quotes"], ['1: A=$B']],
    ['A="$B"', ["1: '$' that a shell would replace"], ['1: A=$B']],
    ['A=`id`', ["1: '`' outside quotes"], ['1: A=`id`']],
    ['A=x;id', ["1: ';' outside quotes"], ['1: A=x;id']],
    ['A=x&', ["1: '&' outside quotes"], ['1: A=x&']],
    ['A=guest-*', ["1: '*' outside quotes"], ['1: A=guest-*']],
    ['if true; then A=1; fi', ['1: no NAME=VALUE']],
    ['. /etc/other', ['1: no NAME=VALUE']],
    ['A+=1', ['1: no NAME=VALUE']],
    ['A="x', ['1: a quote or a continued line that does not end']],
    ['A=x\\', ['1: a quote or a continued line that does not end']],
  ] as const) {
    it(`${JSON.stringify(text)} for a shell`, () => assert.deepEqual(read(text, 'shell'), shell));
    it(`${JSON.stringify(text)} for systemd`, () => assert.deepEqual(read(text, 'systemd'), systemd));
  }
});
