import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOsRelease } from '#system-agent/inventory/os-release.ts';
import { parseProcNetDev } from '#system-agent/network/proc-net-dev.ts';
import { layoutOf, parseUtmp } from '#system-agent/users/utmp.ts';

describe('os-release', () => {
  const value = (text: string) => parseOsRelease(`NAME=${text}\n`)?.get('NAME');

  it('unquoted values end at a space or semicolon', () => {
    assert.equal(value('Debian'), 'Debian');
    assert.equal(value('Debian GNU'), 'Debian');
    assert.equal(value('a;b'), 'a');
    assert.equal(value(''), '');
  });

  it('double quotes keep spaces, and a backslash protects five characters only', () => {
    assert.equal(value('"Debian GNU/Linux"'), 'Debian GNU/Linux');
    assert.equal(value('"a\\"b\\$c\\\\d\\`e\\\'f\\n"'), 'a"b$c\\d`e\'f\\n');
    assert.equal(value('""'), '');
    assert.equal(value('"open'), 'open');
  });

  it('single quotes keep everything', () => assert.equal(value("'single q'"), 'single q'));

  it('comments and blank lines are nothing', () => {
    assert.deepEqual([...(parseOsRelease('# x\n\nID=debian\n') ?? [])], [['ID', 'debian']]);
  });

  it('one line that is none of these makes the file unusable', () => {
    assert.equal(parseOsRelease('ID=debian\nnonsense\n'), undefined);
    assert.equal(parseOsRelease('=x\n'), undefined);
  });
});

describe('utmp', () => {
  /** Built by offsets of utmp(5), independently of the parser's table. */
  function record(arch: string, type: number, user: string, seconds: number, microseconds: number): Buffer {
    const wide = arch === 'arm64';
    const bytes = Buffer.alloc(wide ? 400 : 384);
    bytes.writeInt16LE(type, 0);
    bytes.write(user, 44, 32, 'utf8');
    if (wide) {
      bytes.writeBigInt64LE(BigInt(seconds), 344);
      bytes.writeBigInt64LE(BigInt(microseconds), 352);
    } else {
      bytes.writeInt32LE(seconds, 340);
      bytes.writeInt32LE(microseconds, 344);
    }
    return bytes;
  }

  for (const arch of ['x64', 'arm64']) {
    it(`${arch}: one entry a user, first seen first, earliest login`, () => {
      const file = Buffer.concat([
        record(arch, 2, 'reboot', 1, 0),
        record(arch, 7, 'bob', 300, 500_000),
        record(arch, 7, 'alice', 100, 0),
        record(arch, 7, 'bob', 200, 250_000),
        record(arch, 8, 'carol', 50, 0),
      ]);
      assert.deepEqual(parseUtmp(file, layoutOf(arch)), [
        { user: 'bob', loginTime: 200.25 },
        { user: 'alice', loginTime: 100 },
      ]);
    });

    it(`${arch}: a cut record at the end and a name of full length`, () => {
      const name = 'x'.repeat(32);
      const file = Buffer.concat([record(arch, 7, name, 1, 0), Buffer.alloc(100)]);
      assert.deepEqual(parseUtmp(file, layoutOf(arch)), [{ user: name, loginTime: 1 }]);
    });
  }
});

describe('/proc/net/dev', () => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:  1 2 3 4 0 0 0 0 18446744073709551615 6 7 8 0 0 0 0',
    'eth0:1: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0',
    'broken: 1 2',
  ].join('\n');

  it('gives the counters of each interface, headings and cut lines aside', () => {
    const statistics = parseProcNetDev(text);
    assert.deepEqual([...statistics.keys()], ['lo', 'eth0:1']);
    assert.deepEqual(statistics.get('lo'), {
      rxBytes: 1n,
      rxPackets: 2n,
      rxErrors: 3n,
      rxDropped: 4n,
      txBytes: 18446744073709551615n,
      txPackets: 6n,
      txErrors: 7n,
      txDropped: 8n,
    });
  });
});
