import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { helpText, usageLine } from '#shared/cli/help.ts';
import { type CommandLine, parseCommandLine } from '#shared/cli/options.ts';

const line = {
  name: 'uga test',
  summary: 'Tests the parser.',
  options: [
    { name: 'connect', short: 'c', value: 'PATH', help: 'Where to.', required: true },
    { name: 'verbose', short: 'v', help: 'Say more.' },
    { name: 'quiet', short: 'q', help: 'Say less.' },
    { name: 'level', value: 'L', help: 'How much.' },
    { name: 'add', short: 'a', value: 'X', help: 'One more.', repeatable: true },
    { name: 'ovirt', value: 'CHANNEL', help: 'Not built.', unavailable: true },
  ],
  positionals: [{ name: 'COMMAND' }, { name: 'ARGUMENT', rest: true }],
  sections: [{ title: 'Exit codes', text: '0  fine\n\n2  usage' }],
} as const satisfies CommandLine;

function parse(...argv: string[]) {
  const parsed = parseCommandLine(line, argv);
  assert.ok(!parsed.help);
  return parsed;
}

describe('options', () => {
  it('take their value from the same word or the next, long or short', () => {
    for (const words of [['--connect', 'p'], ['--connect=p'], ['-c', 'p'], ['-cp']]) {
      assert.equal(parse(...words).options.connect, 'p', words.join(' '));
    }
  });

  it('take the next word as value even if it looks like an option', () => {
    assert.equal(parse('--connect', '--level').options.connect, '--level');
  });

  it('keep an empty value and everything after the first equals sign', () => {
    assert.equal(parse('--connect=').options.connect, '');
    assert.equal(parse('--connect=a=b').options.connect, 'a=b');
  });

  it('have a value whether given or not', () => {
    assert.deepEqual(parse('-cp').options, {
      connect: 'p',
      verbose: false,
      quiet: false,
      level: undefined,
      add: [],
      ovirt: undefined,
    });
  });

  it('can be joined when they are switches, the last with its value', () => {
    const { options } = parse('-vqcp');
    assert.deepEqual([options.verbose, options.quiet, options.connect], [true, true, 'p']);
  });

  it('that are repeatable keep every value in order', () => {
    assert.deepEqual(parse('-cp', '-a1', '--add', '2', '--add=3').options.add, ['1', '2', '3']);
  });

  it('may stand between positionals, and end at a double dash', () => {
    const { options, positionals } = parse('guest-ping', '-c', 'p', '-', '--', '--verbose', '-v');
    assert.equal(options.verbose, false);
    assert.deepEqual(positionals, ['guest-ping', '-', '--verbose', '-v']);
  });

  it('named --help win over what is missing', () => {
    assert.deepEqual(parseCommandLine(line, ['--help']), { help: true });
    assert.deepEqual(parseCommandLine(line, ['-vh']), { help: true });
  });

  for (const [words, code, message] of [
    [['--nope', '-cp'], 'invalid-argument', "unknown option '--nope'"],
    [['--__proto__', '-cp'], 'invalid-argument', "unknown option '--__proto__'"],
    [['--=x', '-cp'], 'invalid-argument', "unknown option '--'"],
    [['-vx', '-cp'], 'invalid-argument', "unknown option '-x'"],
    [['--connect'], 'invalid-argument', "option '--connect' needs a value: PATH"],
    [['-vc'], 'invalid-argument', "option '-c' needs a value: PATH"],
    [['-cp', '--verbose=yes'], 'invalid-argument', "option '--verbose' takes no value"],
    [['-ca', '-cb'], 'invalid-argument', "option '-c' is given twice"],
    [['--verbose'], 'invalid-argument', "option '--connect' is required"],
    [['-cp', '--ovirt', 'off'], 'unsupported', "option '--ovirt' is not available in this build"],
    [['-cp', '--ovirt'], 'invalid-argument', "option '--ovirt' needs a value: CHANNEL"],
  ] as const) {
    it(`refuse ${words.join(' ')}`, () => {
      assert.throws(() => parseCommandLine(line, words), { name: 'AgentError', code, message });
    });
  }

  it('refuse positionals that are missing or too many', () => {
    const two = { ...line, options: [], positionals: [{ name: 'A', required: true }, { name: 'B' }] } as const;
    assert.throws(() => parseCommandLine(two, []), { code: 'invalid-argument', message: 'A is missing' });
    assert.throws(() => parseCommandLine(two, ['a', 'b', 'c']), { message: "unexpected argument 'c'" });
    assert.ok(!parseCommandLine(two, ['a']).help);
  });
});

describe('help', () => {
  it('is made from the table and leaves out what this build does not have', () => {
    assert.equal(
      helpText(line),
      `Usage: uga test --connect PATH [OPTION]... [COMMAND] [ARGUMENT...]
Tests the parser.

Options:
  -c, --connect PATH  Where to.
  -v, --verbose       Say more.
  -q, --quiet         Say less.
      --level L       How much.
  -a, --add X         One more.
  -h, --help          Show this help and exit.

Exit codes:
  0  fine

  2  usage
`,
    );
  });

  it('keeps every line of a long sentence within 80 columns', () => {
    const sentence = 'word '.repeat(60).trim();
    const text = helpText({ ...line, summary: sentence, options: [{ name: 'x', value: 'Y', help: sentence }] });
    for (const printed of text.split('\n')) assert.ok(printed.length <= 80, printed);
    assert.equal(text.match(/word/g)?.length, 120);
  });

  it('shows required positionals without brackets', () => {
    assert.equal(
      usageLine({ ...line, options: [], positionals: [{ name: 'A', required: true }] }),
      'Usage: uga test [OPTION]... A',
    );
  });
});
