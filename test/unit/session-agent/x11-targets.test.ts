import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeCompoundText, encodeCompoundText } from '#session-agent/desktop/content/compound-text.ts';
import { chooseTargets, decodeContent, encodeContent } from '#session-agent/desktop/content/targets.ts';
import { random } from '#test/support/random.ts';

const offered = (...names: string[]) => names.map((name, index) => ({ name, atom: index }));
const chosen = (...names: string[]) =>
  Array.from(chooseTargets(offered(...names)), ([type, atom]) => [type, names[atom]]);

describe('targets of X11 applications', () => {
  it('the best of each type is chosen, types in our order', () => {
    assert.deepEqual(chosen('image/jpeg', 'STRING', 'image/png', 'TARGETS', 'UTF8_STRING', 'text/html'), [
      ['text', 'UTF8_STRING'],
      ['png', 'image/png'],
      ['jpg', 'image/jpeg'],
    ]);
    assert.deepEqual(chosen('STRING', 'COMPOUND_TEXT'), [['text', 'COMPOUND_TEXT']]);
    assert.deepEqual(chosen('text/plain', 'TEXT'), [['text', 'TEXT']]);
    assert.deepEqual(chosen('TARGETS', 'text/html', 'text/uri-list', ''), []);
  });

  it('media types have any case, other names only their own', () => {
    assert.deepEqual(chosen('text/plain;charset=UTF-8', 'utf8_string'), [['text', 'text/plain;charset=UTF-8']]);
    assert.deepEqual(chosen('image/x-ms-bmp'), [['bmp', 'image/x-ms-bmp']]);
  });

  it('a target that is named twice is the first of the two', () => {
    assert.equal(
      chooseTargets([
        { name: 'image/png', atom: 1 },
        { name: 'IMAGE/PNG', atom: 2 },
      ]).get('png'),
      1,
    );
  });

  it('images are what they are, text has no NUL at its end', () => {
    const png = Buffer.from('\x89PNG\0\0', 'latin1');
    assert.equal(decodeContent('png', 'image/png', png), png);
    assert.equal(encodeContent('image/png', png).bytes.equals(png), true);
    assert.equal(decodeContent('text', 'UTF8_STRING', Buffer.from('ü\0\0')).toString(), 'ü');
    assert.equal(decodeContent('text', 'STRING', Buffer.from('caf\xe9\0', 'latin1')).toString(), 'café');
    assert.equal(decodeContent('text', 'COMPOUND_TEXT', Buffer.from('\x1b-L\xd0', 'latin1')).toString(), 'а');
  });

  it('STRING has a question mark for what Latin-1 has not', () => {
    assert.equal(encodeContent('STRING', Buffer.from('é 世🌍')).bytes.toString('latin1'), 'é ??');
  });
});

describe('COMPOUND_TEXT', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    ['ASCII and Latin-1 without any escape', 'caf\xe9\n', 'café\n'],
    ['UTF-8 between its sequences', '\x1b%G\u00e4\u00b8\u0096\x1b%@ x', '世 x'],
    ['another part of ISO 8859', '\x1b-F\xe1\xe2 \x1b-A\xe9', 'αβ é'],
    ['Japanese in GL', '\x1b$(B$3$s\x1b(B!', 'こん!'],
    ['Japanese in GR', '\x1b$)B\xa4\xb3', 'こ'],
    ['half-width katakana', '\x1b)I\xb1\x1b(I1', 'ｱｱ'],
    ['Korean', '\x1b$(CGQ1[', '한글'],
    ['Chinese', '\x1b$(AVPND', '中文'],
    ['blanks stay blanks in a wide set', '\x1b$(B$3 $s', 'こ ん'],
    ['an encoding nobody knows', '\x1b-~\xe9x', '\ufffdx'],
    ['an escape that is none, and one at the end', 'a\x1b\x01b\x1b', 'a\x01b'],
  ];
  for (const [name, bytes, text] of CASES) {
    it(`reads ${name}`, () => assert.equal(decodeCompoundText(Buffer.from(bytes, 'latin1')), text));
  }

  it('reads an extended segment', () => {
    const text = Buffer.concat([Buffer.from('koi8-r\x02', 'latin1'), Buffer.from('cbcfd4d9', 'hex')]);
    const bytes = Buffer.concat([Buffer.from('a\x1b%/1\x80', 'latin1'), Buffer.from([0x80 + text.length]), text]);
    assert.equal(decodeCompoundText(Buffer.concat([bytes, Buffer.from('b')])), 'aкотыb');
  });

  it('is written so that it reads the same', () => {
    const text = 'Grüße, 世界 🌍\nzweite Zeile';
    assert.equal(decodeCompoundText(encodeCompoundText(text)), text);
    assert.equal(encodeCompoundText('plain é').toString('latin1'), 'plain é');
    assert.equal(decodeCompoundText(encodeCompoundText('no \x1b-F escape of its own')), 'no -F escape of its own');
  });

  it('never fails on garbage', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const pick = random(seed);
      const bytes = Buffer.from(Array.from({ length: pick(60) }, () => (pick(4) === 0 ? 0x1b : pick(256))));
      assert.equal(typeof decodeCompoundText(bytes), 'string');
    }
  });
});
