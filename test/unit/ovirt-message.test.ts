import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineReader, MAX_LINE_BYTES } from '#protocol/ovirt/framing.ts';
import { formatMessage, type OvirtEvent, OvirtReader } from '#protocol/ovirt/message.ts';
import { splits } from '#test/support/splits.ts';

function read(parts: readonly (Uint8Array | string)[], from: 'host' | 'guest' = 'host'): OvirtEvent[] {
  const reader = new OvirtReader(from);
  return parts.flatMap((part) => reader.push(Buffer.from(part)));
}

/** The name and members of the only message, or why it was dropped. */
function readOne(line: string | Uint8Array, from: 'host' | 'guest' = 'host'): unknown {
  const [event, ...more] = read([line, '\n'], from);
  assert.deepEqual(more, []);
  return event?.kind === 'message' ? [event.message.name, event.message.members] : event?.reason;
}

const message = (name: string, members: [string, unknown][] = []) => ({
  kind: 'message',
  message: { name, members: new Map(members) },
});

describe('oVirt messages', () => {
  it('are read alike however the stream is cut', () => {
    const bytes = Buffer.from(
      '{"__name__":"refresh","apiVersion":3}\n\nnonsense\n{"message": "h\u00e9\u{1f600}", "__name__": "echo"}\n{"__name__"',
    );
    for (const parts of splits(bytes)) {
      assert.deepEqual(read(parts), [
        message('refresh', [['apiVersion', 3n]]),
        { kind: 'dropped', reason: 'not-json' },
        { kind: 'dropped', reason: 'not-json' },
        message('echo', [['message', 'h\u00e9\u{1f600}']]),
      ]);
    }
  });

  it('end with LF alone; a CR before it is white space', () => {
    assert.deepEqual(read(['{"__name__":"a"}\r\n{"__name__":"b"}\r']), [message('a')]);
  });

  it('that are not what they should be are dropped with the reason', () => {
    assert.equal(readOne(''), 'not-json');
    assert.equal(readOne('{"__name__":"a"'), 'not-json');
    assert.equal(readOne("{'__name__':'a'}"), 'not-json');
    for (const line of ['[]', '"a"', '1', 'null', 'true']) assert.equal(readOne(line), 'not-an-object');
    for (const line of ['{}', '{"__name__":1}', '{"__name__":null}', '{"name":"a"}'])
      assert.equal(readOne(line), 'no-name');
  });

  it('have at most 64 levels', () => {
    const nested = (levels: number) => `{"__name__":"a","b":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.notEqual(readOne(nested(64)), 'too-deep');
    assert.equal(readOne(nested(65)), 'too-deep');
    assert.equal(readOne(nested(300_000)), 'too-deep');
  });

  it('may have members with any name', () => {
    const [, members] = readOne('{"__name__":"a","__proto__":{"x":1},"constructor":2,"toString":[]}') as [
      string,
      Map<string, unknown>,
    ];
    assert.deepEqual([...members.keys()], ['__proto__', 'constructor', 'toString']);
    assert.deepEqual(members.get('__proto__'), new Map([['x', 1n]]));
  });

  it('have integers as bigint and other numbers as they are', () => {
    assert.deepEqual(readOne('{"__name__":"a","b":[-1,2.5,130062397440,true,null,"3"]}'), [
      'a',
      new Map([['b', [-1n, 2.5, 130062397440n, true, null, '3']]]),
    ]);
  });

  describe('of 1 MiB without an end', () => {
    const padded = (length: number) => {
      const line = Buffer.alloc(length, ' ');
      line.write('{"__name__":"big"}');
      return line;
    };

    it('are dropped, told once, and the next one is read', () => {
      const stream = Buffer.concat([padded(MAX_LINE_BYTES), padded(5000), Buffer.from('\n{"__name__":"next"}\n')]);
      const expected = [{ kind: 'dropped', reason: 'too-long' }, message('next')];
      assert.deepEqual(read([stream]), expected);
      for (const size of [1000, 65_536, MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1]) {
        const parts = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
          stream.subarray(i * size, (i + 1) * size),
        );
        assert.deepEqual(read(parts), expected);
      }
    });

    it('are dropped at the limit, not at their end; one byte less is a message', () => {
      assert.deepEqual(new LineReader().push(padded(MAX_LINE_BYTES)), [{ kind: 'too-long' }]);
      assert.deepEqual(read([padded(MAX_LINE_BYTES - 1), '\n']), [message('big')]);
    });

    it('cost no memory', () => {
      const reader = new OvirtReader('guest');
      const part = Buffer.alloc(65_536, 'x');
      const before = process.memoryUsage().arrayBuffers;
      for (let count = 0; count < 1024; count++) reader.push(part);
      assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
    });
  });

  it('half read from one host are forgotten for the next', () => {
    const reader = new OvirtReader('host');
    reader.push(Buffer.from('{"__name__":"lo'));
    reader.reset();
    assert.deepEqual(reader.push(Buffer.from('{"__name__":"echo"}\n')), [message('echo')]);
  });

  it('leave no copy of their line behind', () => {
    const lines = new LineReader();
    lines.push(Buffer.from('{"__name__":"login","password":"sec'));
    const [event] = lines.push(Buffer.from('ret"}\n'));
    assert.ok(event?.kind === 'line');
    const memory = Buffer.from(event.line.buffer, event.line.byteOffset, event.line.length);
    event.line.fill(0);
    assert.ok(!memory.includes('secret'));
  });
});

describe('oVirt characters', () => {
  const bad = '\u0000\u0008\u000b\u000c\u000e\u001f\u007f\u0084\u0086\u009f\ufffe\uffff\udfff\ud800';
  const good = '\t\n\r \u0085\u00a0\u00e9\ud7ff\ue000\ufffd\u{10000}\u{1f600}\u{10ffff}';

  it('that XML refuses are replaced one for one in what a guest sends, in names of members too', () => {
    const line = JSON.stringify({ __name__: `n${bad}`, [`k${bad}`]: [good, { v: bad }] });
    const replaced = '\ufffd'.repeat(bad.length);
    assert.deepEqual(readOne(line, 'guest'), [
      `n${replaced}`,
      new Map([[`k${replaced}`, [good, new Map([['v', replaced]])]]]),
    ]);
  });

  it('come from a host as they are', () => {
    assert.deepEqual(readOne(JSON.stringify({ __name__: 'login', username: bad })), [
      'login',
      new Map([['username', bad]]),
    ]);
  });

  it('that are not UTF-8 drop a line of a host and are replaced in one of a guest', () => {
    const line = Buffer.concat([Buffer.from('{"__name__":"a","b":"'), Buffer.of(0xff, 0xc3), Buffer.from('"}')]);
    assert.equal(readOne(line, 'host'), 'not-utf8');
    assert.deepEqual(readOne(line, 'guest'), ['a', new Map([['b', '\ufffd\ufffd']])]);
  });

  it('are filtered in what we write', () => {
    const line = formatMessage('echo', { [`k${bad}`]: [`${good}${bad}`, new Map([['v', bad]])] });
    const written = JSON.parse(String(line));
    const replaced = '\ufffd'.repeat(bad.length);
    assert.deepEqual(written, { __name__: 'echo', [`k${replaced}`]: [`${good}${replaced}`, { v: replaced }] });
  });
});

describe('oVirt lines as we write them', () => {
  it('are one line of ASCII with the name first', () => {
    const members = { name: 'h\u00e9\n', list: [1, 2.5, 2n ** 60n, null, true], gone: undefined };
    assert.equal(
      String(formatMessage('host-name', members)),
      '{"__name__": "host-name", "name": "h\\u00E9\\n", "list": [1, 2.5, 1152921504606846976, null, true]}\n',
    );
    assert.equal(String(formatMessage('session-startup')), '{"__name__": "session-startup"}\n');
  });

  it('cannot be renamed by their members', () => {
    assert.equal(String(formatMessage('echo', new Map([['__name__', 'login']]))), '{"__name__": "echo"}\n');
  });

  it('may have members with any name', () => {
    const members = new Map([['__proto__', 'x']]);
    assert.equal(String(formatMessage('echo', members)), '{"__name__": "echo", "__proto__": "x"}\n');
  });

  it('are refused when the host would drop them', () => {
    const empty = formatMessage('echo', { text: '' }).length;
    const longest = 'x'.repeat(MAX_LINE_BYTES - empty);
    assert.deepEqual(read([formatMessage('echo', { text: longest })]), [message('echo', [['text', longest]])]);
    assert.throws(() => formatMessage('echo', { text: `${longest}x` }), { code: 'invalid-argument' });
  });
});
