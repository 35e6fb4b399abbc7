import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeChunks } from '#protocol/vdagent/chunk.ts';
import {
  encodeMessage,
  encodeMessageStart,
  MAX_BODY_BYTES,
  type MessageEvent,
  MessageReader,
  type MessageReaderOptions,
} from '#protocol/vdagent/message.ts';
import { join, text, u32, u64 } from '#test/support/little-endian.ts';
import { splits } from '#test/support/splits.ts';

const CLIENT = 1;
const SERVER = 2;
const CLIPBOARD = 4;
const CLIENT_DISCONNECTED = 13;

function chunk(port: number, ...payload: Uint8Array[]): Uint8Array {
  const bytes = join(...payload);
  return join(u32(port, bytes.length), bytes);
}

function header(type: number, size: number, protocol = 1): Uint8Array {
  return join(u32(protocol, type), u64(0), u32(size));
}

function reader(options: Partial<MessageReaderOptions> = {}): MessageReader {
  return new MessageReader({ from: 'host', maxClipboardBytes: 4 * 1024 * 1024, ...options });
}

/** `client 6 text` for a message, with the reason in place of the text for one that is skipped. */
function read(parts: readonly Uint8Array[], from = reader()): string[] {
  const events: string[] = [];
  for (const bytes of parts) from.push(bytes, (event) => events.push(describeEvent(event)));
  return events;
}

function describeEvent(event: MessageEvent): string {
  const what = event.kind === 'message' ? event.body.toString('latin1') : `${event.reason} ${event.size}`;
  return `${event.port} ${event.type} ${what}`;
}

describe('vdagent messages', () => {
  it('are read alike however the stream is cut', () => {
    const bytes = join(
      chunk(CLIENT, header(7, 3), text('abc')),
      chunk(SERVER, header(CLIENT_DISCONNECTED, 0)),
      chunk(CLIENT, header(CLIPBOARD, 2)),
      chunk(CLIENT, text('de')),
    );
    for (const parts of splits(bytes)) {
      assert.deepEqual(read(parts), ['client 7 abc', 'server 13 ', 'client 4 de']);
    }
  });

  it('may be cut by a host anywhere, with other chunks between', () => {
    const message = join(header(8, 4), text('wxyz'));
    for (const [first, second, third] of splits(message)) {
      if (first === undefined || second === undefined || third !== undefined) continue;
      const bytes = join(chunk(CLIENT, first), chunk(SERVER, header(1, 1), text('m')), chunk(CLIENT, second));
      assert.deepEqual(
        read([bytes]),
        first.length === 24 ? ['client 8 wxyz', 'server 1 m'] : ['server 1 m', 'client 8 wxyz'],
      );
    }
    const single = Array.from(message, (byte) => chunk(CLIENT, Uint8Array.of(byte)));
    assert.deepEqual(read(single), ['client 8 wxyz']);
  });

  it('are reassembled per port, one in the middle of the other', () => {
    const bytes = join(
      chunk(CLIENT, header(4, 4), text('ab')),
      chunk(SERVER, header(1, 4), text('AB')),
      chunk(CLIENT, text('cd')),
      chunk(SERVER, text('CD')),
    );
    for (const parts of splits(bytes)) assert.deepEqual(read(parts), ['client 4 abcd', 'server 1 ABCD']);
  });

  for (const [what, bytes] of [
    ['body', join(chunk(CLIENT, header(7, 2), text('ab!')))],
    ['later part of a body', join(chunk(CLIENT, header(7, 2), text('a')), chunk(CLIENT, text('b!')))],
    ['header without a body', join(chunk(CLIENT, header(7, 0), text('!')))],
    ['body of a message that is skipped', join(chunk(CLIENT, header(7, 1, 9), text('a!')))],
    ['message, by another message', join(chunk(CLIENT, header(7, 0), header(7, 0)))],
  ] as const) {
    it(`end the stream if a chunk runs past the end of a ${what}`, () => {
      const good = chunk(CLIENT, header(9, 1), text('g'));
      for (const parts of splits(join(good, bytes))) {
        const events: MessageEvent[] = [];
        const from = reader();
        assert.throws(
          () => {
            for (const part of parts) from.push(part, (event) => events.push(event));
          },
          { code: 'malformed' },
        );
        assert.deepEqual(events.map(describeEvent), ['client 9 g']);
      }
    });
  }

  it('of another protocol are skipped, and the next one is read', () => {
    const bytes = join(chunk(CLIENT, header(7, 3, 2), text('abc')), chunk(CLIENT, header(9, 1), text('d')));
    for (const parts of splits(bytes)) {
      assert.deepEqual(read(parts), ['client 7 wrong-protocol 3', 'client 9 d']);
    }
  });

  it('of any type have at most 1 MiB, the clipboard what is configured', () => {
    const from = reader({ maxClipboardBytes: MAX_BODY_BYTES + 1 });
    assert.deepEqual(read([chunk(CLIENT, header(12, MAX_BODY_BYTES + 1))], from), ['client 12 too-large 1048577']);
    assert.deepEqual(read([chunk(SERVER, header(CLIPBOARD, MAX_BODY_BYTES + 1))], from), []);
    assert.deepEqual(read([chunk(CLIENT, header(CLIPBOARD, MAX_BODY_BYTES + 2))], reader({ maxClipboardBytes: 1 })), [
      'client 4 too-large 1048578',
    ]);
    assert.deepEqual(read([chunk(CLIENT, header(12, MAX_BODY_BYTES))]), []);
  });

  it('that are too large are counted down, and the next one is read', () => {
    const from = reader({ maxClipboardBytes: 10 });
    const part = new Uint8Array(2048);
    assert.deepEqual(read([chunk(CLIENT, header(CLIPBOARD, 3 * 2048))], from), ['client 4 too-large 6144']);
    for (let count = 0; count < 3; count++) assert.deepEqual(read([chunk(CLIENT, part)], from), []);
    assert.deepEqual(read([chunk(CLIENT, header(9, 1), text('d'))], from), ['client 9 d']);
  });

  it('of 4 GiB are only a size that is announced', () => {
    const from = reader({ maxClipboardBytes: 0xffff_ffff });
    const before = process.memoryUsage().arrayBuffers;
    read([chunk(CLIENT, header(CLIPBOARD, 0xffff_ffff), text('abc'))], from);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  });

  it('of a client that left half-way do not swallow those of the next one; the server goes on', () => {
    const bytes = join(
      chunk(CLIENT, header(CLIPBOARD, 100), text('half')),
      chunk(SERVER, header(CLIENT_DISCONNECTED, 0)),
      chunk(CLIENT, header(9, 1), text('n')),
    );
    for (const parts of splits(bytes)) assert.deepEqual(read(parts), ['server 13 ', 'client 9 n']);
    const forged = join(chunk(SERVER, header(1, 2), text('a')), chunk(CLIENT, header(CLIENT_DISCONNECTED, 0)));
    assert.deepEqual(read([forged, chunk(SERVER, text('b'))]), ['client 13 ', 'server 1 ab']);
  });

  it('keep their body when the memory of the stream is used again', () => {
    const bytes = chunk(CLIENT, header(9, 3), text('abc'));
    const bodies: Buffer[] = [];
    reader().push(bytes, (event) => event.kind === 'message' && bodies.push(event.body));
    bytes.fill(0);
    assert.equal(String(bodies[0]), 'abc');
  });

  describe('from a guest', () => {
    it('may be one chunk of any size', () => {
      const from = reader({ from: 'guest' });
      const body = Buffer.alloc(300_000, 'x');
      const [event] = read([u32(CLIENT, 20 + body.length), header(CLIPBOARD, body.length), body], from);
      assert.equal(event, `client 4 ${body}`);
    });

    it('never split their header: the SPICE server would remove the agent', () => {
      for (let at = 1; at < 20; at++) {
        const bytes = chunk(CLIENT, header(9, 0).subarray(0, at));
        for (const parts of splits(bytes)) {
          assert.throws(() => read(parts, reader({ from: 'guest' })), { code: 'malformed' });
        }
      }
      for (const parts of splits(join(chunk(CLIENT, header(9, 1)), chunk(CLIENT, text('a'))))) {
        assert.deepEqual(read(parts, reader({ from: 'guest' })), ['client 9 a']);
      }
    });
  });

  describe('as we write them', () => {
    it('begin with header and 2028 bytes, then 2048 each', () => {
      const body = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
      const expected = join(
        chunk(CLIENT, header(CLIPBOARD, 5000), body.subarray(0, 2028)),
        chunk(CLIENT, body.subarray(2028, 4076)),
        chunk(CLIENT, body.subarray(4076)),
      );
      assert.deepEqual(Uint8Array.from(encodeMessage('client', CLIPBOARD, body)), expected);
    });

    it('are accepted by the rules for a guest, whatever their length', () => {
      const from = reader({ from: 'guest' });
      for (const length of [0, 1, 2027, 2028, 2029, 4075, 4076, 4077, 100_000]) {
        const body = Buffer.alloc(length, 'y');
        assert.deepEqual(read([encodeMessage('server', 9, body)], from), [`server 9 ${body}`]);
      }
    });

    it('may come in parts', () => {
      const parts = [
        encodeMessageStart('client', CLIPBOARD, 9, text('abc')),
        encodeChunks('client', text('defg')),
        encodeChunks('client', text('hi')),
      ];
      assert.deepEqual(read(parts, reader({ from: 'guest' })), ['client 4 abcdefghi']);
    });
  });
});
