import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyConfigFile, defaultConfig, formatQemuGaConfig, listedNames } from '#system-agent/qemu-ga/config.ts';
import { readOptions } from '#system-agent/qemu-ga/options.ts';

const configOf = (...argv: string[]) => {
  const line = readOptions(argv);
  assert.equal(line.error, undefined);
  const config = defaultConfig();
  line.apply(config);
  return config;
};
const errorOf = (...argv: string[]) => readOptions(argv).error;

describe("qemu-ga's options are read as getopt_long does", () => {
  it('short, grouped, attached and long', () => {
    assert.deepEqual(configOf('-vb', 'guest-info').blockRpcs, ['guest-info']);
    assert.equal(configOf('-p/a/b').path, '/a/b');
    assert.equal(configOf('--path=/a/b').path, '/a/b');
    assert.equal(configOf('--path', '/a/b').path, '/a/b');
  });

  it('a long name may be cut short while it stays unambiguous', () => {
    assert.equal(configOf('--verb').verbose, true);
    assert.equal(configOf('--meth', 'isa-serial').method, 'isa-serial');
    assert.equal(errorOf('--ver'), "option '--ver' is ambiguous; possibilities: '--version' '--verbose'");
    assert.deepEqual(configOf('--bl=x').blockRpcs, ['x']);
  });

  it('the freeze hook takes its argument attached only', () => {
    assert.equal(configOf('-F').fsfreezeHook, '/etc/qemu/fsfreeze-hook');
    assert.equal(configOf('-F/x').fsfreezeHook, '/x');
    assert.equal(configOf('--fsfreeze-hook=/x').fsfreezeHook, '/x');
    assert.equal(configOf('--fsfreeze-hook', '/x').fsfreezeHook, '/etc/qemu/fsfreeze-hook');
  });

  it('lists accumulate, scalars count by the last', () => {
    const config = configOf('-b', 'a', '-b', 'b,c', '-m', 'x', '-m', 'y');
    assert.deepEqual([...listedNames(config.blockRpcs)], ['a', 'b', 'c']);
    assert.equal(config.method, 'y');
  });

  for (const [argv, error] of [
    [['--foo'], "unrecognized option '--foo'"],
    [['-x'], "invalid option -- 'x'"],
    [['-l'], "option requires an argument -- 'l'"],
    [['--path'], "option '--path' requires an argument"],
    [['--daemonize=yes'], "option '--daemonize' doesn't allow an argument"],
    [['-d=1'], "invalid option -- '='"],
  ] as const) {
    it(`${argv.join(' ')}: ${error}`, () => assert.equal(errorOf(...argv), error));
  }

  it('operands and what follows -- are ignored', () => {
    assert.equal(configOf('foo', '-v', '--', '--bar').verbose, true);
  });

  for (const word of ['help', '?']) {
    it(`-b ${word} and -a ${word} ask for the list of commands`, () => {
      assert.equal(readOptions(['-b', word]).wish, 'list-commands');
      assert.equal(readOptions(['-a', word]).wish, 'list-commands');
    });
  }
});

describe("qemu-ga's configuration file", () => {
  const read = (text: string, warnings: string[] = []) => {
    const config = defaultConfig();
    applyConfigFile(config, text, 'f', (message) => warnings.push(message));
    return config;
  };

  it('lists may be separated by semicolons or commas', () => {
    assert.deepEqual([...listedNames(read('[general]\nblock-rpcs=a;b,c\n').blockRpcs)], ['a', 'b', 'c']);
  });

  it('the old name of the block list works and warns', () => {
    const warnings: string[] = [];
    assert.deepEqual(read('[general]\nblacklist=a\n', warnings).blockRpcs, ['a']);
    assert.equal(warnings.length, 1);
  });

  it('a value that is no boolean is an error with its line', () => {
    assert.throws(() => read('[general]\nverbose=maybe\n'), {
      message: "f:2: key 'verbose' is neither true nor false: 'maybe'",
    });
  });

  it('is dumped in the original order and reads back the same', () => {
    const config = read('[general]\nverbose=true\nblock-rpcs=guest-ping;guest-get-time\nmethod=unix-listen\npath=/x\n');
    const dump = formatQemuGaConfig(config);
    assert.equal(
      dump,
      [
        '[general]',
        'daemon=false',
        'method=unix-listen',
        'path=/x',
        'pidfile=/var/run/qemu-ga.pid',
        'statedir=/var/run',
        'verbose=true',
        'retry-path=false',
        'block-rpcs=guest-ping;guest-get-time',
        'allow-rpcs=',
        '',
      ].join('\n'),
    );
    assert.deepEqual(formatQemuGaConfig(read(dump)), dump);
  });
});
