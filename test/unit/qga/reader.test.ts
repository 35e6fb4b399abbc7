import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonReader, MAX_NESTING, MAX_TOKENS, type ReadEvent } from '#protocol/qga/reader.ts';
import { formatJson } from '#shared/json/format.ts';
import { MALFORMED } from '#test/support/qga-malformed.ts';
import { splits } from '#test/support/splits.ts';

const read = (...parts: Uint8Array[]): ReadEvent[] => {
  const reader = new JsonReader();
  return parts.flatMap((part) => reader.push(part));
};
const values = (text: string | Buffer): string[] =>
  read(Buffer.from(text)).map((event) => (event.kind === 'value' ? formatJson(event.value) : `error: ${event.desc}`));

describe('JSON reader: malformed input is answered like qemu-ga answers it', () => {
  for (const { name, bytes, replies } of MALFORMED) {
    it(`${name}, however the stream is cut`, () => {
      for (const parts of splits(bytes)) {
        const seen = read(...parts).map((event) =>
          event.kind === 'value' ? 'ok' : event.desc.replace('JSON parse error, ', ''),
        );
        assert.deepEqual(seen, replies);
      }
    });
  }
});

describe('JSON reader: values', () => {
  it('end where their brackets balance, not at a newline', () => {
    assert.deepEqual(values('{"a":1}{"b":\r\n [2 , 3]}\t[]'), ['{"a": 1}', '{"b": [2, 3]}', '[]']);
  });

  it('are the same however the stream is cut', () => {
    const text = `{'a': "x\\"\\u00e9\\ud83d\\ude00é😀", "n": [-0, 1.5, 1e3, 18446744073709551615], "k": [true, false, null]} `;
    const whole = values(text);
    assert.equal(whole.length, 1);
    for (const parts of splits(Buffer.from(text))) {
      assert.deepEqual(
        read(...parts).map((event) => event.kind === 'value' && formatJson(event.value)),
        whole,
      );
    }
  });

  it('white space between them is nothing', () => assert.deepEqual(values(' \r\n\t\n\n'), []));

  it('a number or keyword ends only at the byte after it', () => {
    assert.deepEqual(values('123'), []);
    assert.deepEqual(values('123\n'), ['123']);
    assert.deepEqual(values('true '), ['true']);
    assert.deepEqual(values('"s"'), ['"s"']);
  });

  it('strings may be in single quotes, with either quote escaped in both', () => {
    assert.deepEqual(values(`{'a': 'it\\'s "x"'}`), [`{"a": "it's \\"x\\""}`]);
    assert.deepEqual(values(`"it's \\'"`), [`"it's '"`]);
  });

  it('every documented escape is read', () => {
    assert.deepEqual(values('"\\b\\f\\n\\r\\t\\/\\\\\\u0041"'), ['"\\b\\f\\n\\r\\t/\\\\A"']);
  });

  it('NUL is read in both spellings', () => {
    assert.deepEqual(values('"\\u0000"'), ['"\\u0000"']);
    assert.deepEqual(values(Buffer.from([0x22, 0xc0, 0x80, 0x22])), ['"\\u0000"']);
  });

  it('integers are exact over int64 and uint64, and doubles beyond', () => {
    const text = '[-9223372036854775808, 9007199254740993, 18446744073709551615]';
    assert.deepEqual(values(text), [text]);
    assert.deepEqual(values('[18446744073709551616, -9223372036854775809]'), [
      '[1.8446744073709552e+19, -9.2233720368547758e+18]',
    ]);
  });

  it('a fraction or exponent makes a number that is no integer', () => {
    const [event] = read(Buffer.from('[1.0, 1]'));
    assert.deepEqual(event, { kind: 'value', value: [1, 1n] });
  });

  it('names such as __proto__ are ordinary members', () => {
    assert.deepEqual(values('{"__proto__":{"x":1},"constructor":2}'), ['{"__proto__": {"x": 1}, "constructor": 2}']);
  });
});

describe('JSON reader: limits', () => {
  it(`nesting of ${MAX_NESTING} is fine, one more is not`, () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.deepEqual(values(nested(MAX_NESTING)), [nested(MAX_NESTING)]);
    assert.equal(values(nested(MAX_NESTING + 1))[0], 'error: JSON nesting depth limit exceeded');
  });

  it('a message may have two million tokens and no more', () => {
    assert.deepEqual(values(`[${'1,'.repeat(MAX_TOKENS / 2)}1]`)[0], 'error: JSON token count limit exceeded');
  });

  it('a token of 64 MiB is refused, not held, and the next request is found', () => {
    const reader = new JsonReader();
    const piece = Buffer.alloc(1 << 20, 'a');
    const events = [...reader.push(Buffer.from('{"execute":"'))];
    for (let mebibytes = 0; mebibytes < 200; mebibytes++) events.push(...reader.push(piece));
    assert.deepEqual(events, [{ kind: 'error', desc: 'JSON token size limit exceeded' }]);
    events.push(...reader.push(Buffer.from('"}\n{"execute":"guest-ping"}')));
    assert.equal(events.at(-1)?.kind, 'value');
  });

  it('all tokens of one message together may have 64 MiB', () => {
    const reader = new JsonReader();
    const item = Buffer.from(`"${'a'.repeat((1 << 20) - 3)}",`);
    const events = [...reader.push(Buffer.from('['))];
    for (let count = 0; count < 65; count++) events.push(...reader.push(item));
    assert.equal(events[0]?.kind === 'error' && events[0].desc, 'JSON token size limit exceeded');
  });

  it('repeats only the beginning of what broke', () => {
    const [event] = read(Buffer.from(`"${'x'.repeat(100_000)}\n`));
    assert.ok(event?.kind === 'error' && event.desc.length < 400 && event.desc.endsWith("...'"));
  });

  it('forgets half a value when told that its sender is gone', () => {
    const reader = new JsonReader();
    reader.push(Buffer.from('{"execute":"gue'));
    reader.reset();
    assert.equal(reader.push(Buffer.from('{"a":1}')).length, 1);
  });
});
