import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFileName } from '#protocol/ipc/messages/files.ts';
import { numberedName, visibleName } from '#session-agent/files/names.ts';
import { folderOf } from '#session-agent/files/user-folders.ts';
import { random } from '#test/support/random.ts';

/** What attackers and the world's users make names of. */
const PIECES = [
  ...[
    '.',
    '..',
    '/',
    '\\',
    '\0',
    '\n',
    '\r',
    '\t',
    '\u007f',
    '\u0085',
    '\u009f',
    ' ',
    '-',
    '~',
    '$',
    '`',
    '"',
    "'",
    '%00',
  ],
  ...['\u202e', '\u2066', '\u200b', '\u2028', '\ufeff', '\ud800', '\udc00', '😀', 'é', 'e\u0301', 'ﷺ', 'א', '中'],
  ...[
    'a',
    'b',
    '.txt',
    '.desktop',
    '.bashrc',
    'CON',
    'NUL',
    'COM1',
    'x'.repeat(60),
    '中'.repeat(40),
    '{{',
    '*',
    '?',
    '|',
  ],
];

function randomName(chance: (limit: number) => number): string {
  return Array.from({ length: chance(7) }, () => PIECES[chance(PIECES.length)]).join('');
}

describe('names of received files', () => {
  it('whatever a client says, what is left is the visible name of one file in one folder', () => {
    const chance = random(20_250_650);
    let taken = 0;
    for (let round = 0; round < 20_000; round++) {
      const name = randomName(chance);
      if (!isFileName(name)) continue;
      taken++;
      for (const given of [visibleName(name), numberedName(visibleName(name), chance(1000))]) {
        assert.ok(isFileName(given), JSON.stringify([name, given]));
        assert.ok(!given.startsWith('.'), given);
        assert.doesNotMatch(given, /[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
        assert.equal(visibleName(given), given);
      }
    }
    assert.ok(taken > 2000, `${taken}`);
  });

  it('what is no name of a file is refused', () => {
    for (const name of [
      '',
      '.',
      '..',
      '../x',
      'a/..',
      '/',
      '\0',
      'a\0b',
      '\n',
      '\u001b[31m',
      '\ud800',
      'é'.repeat(128),
    ]) {
      assert.equal(isFileName(name), false, JSON.stringify(name));
    }
  });

  it('what hides or deceives is made visible, everything else stays', () => {
    assert.equal(visibleName('.bashrc'), '_bashrc');
    assert.equal(visibleName('...'), '_..');
    assert.equal(visibleName('photo\u202egpj.exe'), 'photo_gpj.exe');
    assert.equal(visibleName('.uga-partial-0123456789abcdef'), '_uga-partial-0123456789abcdef');
    for (const name of ['report 1.txt', 'CON', 'aux.txt', '-rf', '~', '$(reboot)', 'été', 'תמונה.jpg']) {
      assert.equal(visibleName(name), name);
    }
  });

  it('numbers go before the extension, and a long name gives way', () => {
    const numbered = (name: string) => numberedName(name, 2);
    assert.equal(numberedName('a.txt', 0), 'a.txt');
    assert.equal(numbered('a.txt'), 'a (2).txt');
    assert.equal(numbered('a.tar.gz'), 'a.tar (2).gz');
    assert.equal(numbered('a'), 'a (2)');
    assert.equal(numbered('_bashrc'), '_bashrc (2)');
    assert.equal(Buffer.byteLength(numbered(`${'é'.repeat(125)}.txt`)) <= 255, true);
    assert.match(numbered(`${'x'.repeat(251)}.txt`), /^x+ \(2\)\.txt$/);
    assert.match(numbered(`x.${'y'.repeat(253)}`), /^x\.y+ \(2\)$/);
  });
});

describe('the folder for received files', () => {
  const home = '/home/alice';
  const folder = (rule: string, userDirs?: string) => folderOf(rule, { home, userDirs });

  it("is the user's own choice, else the usual one", () => {
    assert.equal(folder('download'), '/home/alice/Downloads');
    assert.equal(folder('desktop'), '/home/alice/Desktop');
    const chosen =
      '# c\nXDG_DESKTOP_DIR="$HOME/Büro"\nXDG_DOWNLOAD_DIR="$HOME/old"\n XDG_DOWNLOAD_DIR="/data/\\"in\\""\n';
    assert.equal(folder('download', chosen), '/data/"in"');
    assert.equal(folder('desktop', chosen), '/home/alice/Büro');
  });

  it('is never the home itself, nor what a shell would have to work out', () => {
    for (const value of ['$HOME', '$HOME/', '$HOME/.', '$HOME/x/..', '$(reboot)', 'relative', '$OTHER/x', '']) {
      assert.equal(folder('download', `XDG_DOWNLOAD_DIR="${value}"`), '/home/alice/Downloads', value);
    }
    assert.equal(folder('download', 'XDG_DOWNLOAD_DIR=$HOME/x'), '/home/alice/Downloads');
  });

  it('may be told by the administrator', () => {
    assert.equal(folder('/srv/in'), '/srv/in');
    assert.equal(folder('~/in/x'), '/home/alice/in/x');
    assert.equal(folder('elsewhere'), undefined);
  });
});
