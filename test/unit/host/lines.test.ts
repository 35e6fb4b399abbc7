import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LineEvent, LineReader } from '#host/qga/lines.ts';
import { splits } from '#test/support/splits.ts';

function show(events: LineEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'too-long') return '(too long)';
    return `${event.delimited ? 'FF ' : ''}${Buffer.from(event.bytes).toString()}`;
  });
}

function read(text: string, maxBytes = 100): string[] {
  return show(new LineReader(maxBytes).push(Buffer.from(text, 'latin1')));
}

describe('lines of a guest', () => {
  for (const [name, text, expected] of [
    ['are cut at newlines, empty ones dropped', 'a\n\nbc\nd', ['a', 'bc']],
    ['begin afresh at 0xFF', 'half\xff{}\nb\n', ['FF {}', 'b']],
    ['begin at the last 0xFF before the newline', '\xff\xffx\xffy\n', ['FF y']],
    ['that are too long are one event, and the next one is whole', 'abcdef\nab\n', ['(too long)', 'ab']],
    ['that are too long end at 0xFF too', 'abcdefgh\xffab\n', ['(too long)', 'FF ab']],
    ['may be as long as the limit', 'abcde\n', ['abcde']],
    ['may be as long as the limit after 0xFF', '\xffabcde\n', ['FF abcde']],
  ] as const) {
    it(`${name}, however the stream is cut`, () => {
      for (const parts of splits(Buffer.from(text, 'latin1'))) {
        const reader = new LineReader(5);
        const heard = parts.flatMap((part) => show(reader.push(part)));
        assert.deepEqual(heard, expected);
      }
    });
  }

  it('that have begun and not ended are known', () => {
    const reader = new LineReader(2);
    const inside = [...'a\n', '\xff', '\n', ...'abc', '\n'].map((text) => {
      reader.push(Buffer.from(text, 'latin1'));
      return reader.isInsideLine;
    });
    assert.deepEqual(inside, [true, false, true, false, true, true, true, false]);
  });

  it('do not report a line that is dropped before its end twice', () => {
    assert.deepEqual(read('abc'.repeat(100), 10), ['(too long)']);
  });

  it('that never end cost no more memory than the limit', () => {
    const reader = new LineReader(1024 * 1024);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    let tooLong = 0;
    for (let sent = 0; sent < 256 * 1024 * 1024; sent += chunk.length) tooLong += reader.push(chunk).length;
    assert.equal(tooLong, 1);
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 8 * 1024 * 1024, `${grown} bytes`);
  });
});
