import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EncodableObject, encodeFrame, FrameReader, type IpcMap } from '#protocol/ipc/framing.ts';
import { type Envelope, formatEnvelope, parseEnvelope } from '#protocol/ipc/message.ts';

function decode(frame: Buffer): IpcMap {
  const frames: IpcMap[] = [];
  new FrameReader().push(frame, (whole) => frames.push(whole));
  assert.equal(frames.length, 1);
  return frames[0] ?? new Map();
}

const parse = (members: EncodableObject) => parseEnvelope(decode(encodeFrame(members)));
const BODY = { text: 'a' };

const ENVELOPES: readonly Envelope<EncodableObject>[] = [
  { kind: 'notification', name: 'clipboard.grab', body: BODY },
  { kind: 'request', id: 0, name: 'hello', body: {} },
  { kind: 'response', id: 4294967295, body: BODY },
  { kind: 'error', id: 1, body: BODY },
  { kind: 'cancel', id: 1 },
  { kind: 'stream-data', id: 1, body: Buffer.from('abc') },
  { kind: 'stream-end', id: 1 },
  { kind: 'stream-abort', id: 1 },
  { kind: 'stream-credit', id: 1, body: 65536 },
  { kind: 'stream-stop', id: 1 },
];

describe('link envelopes', () => {
  for (const envelope of ENVELOPES) {
    it(`${envelope.kind} is read as it was written`, () => {
      const parsed = parseEnvelope(decode(formatEnvelope(envelope)));
      const body = 'body' in envelope && !Buffer.isBuffer(envelope.body) && typeof envelope.body === 'object';
      const expected = body ? { ...envelope, body: new Map(Object.entries(envelope.body)) } : envelope;
      assert.deepEqual(parsed, { envelope: expected, unknownMembers: 0 });
    });

    it(`${envelope.kind} without one of its members, or with a wrong one, is malformed`, () => {
      for (const member of Object.keys(envelope)) {
        // An absent body is one without fields.
        const values =
          member === 'body' && !['stream-data', 'stream-credit'].includes(envelope.kind) ? [] : [undefined];
        for (const value of [...values, [], true, -1, 1.5, 2 ** 32, 5n, 'No Name']) {
          if (member === 'kind' && typeof value === 'string') continue;
          assert.throws(() => parse({ ...envelope, [member]: value }), { code: 'malformed' });
        }
      }
    });

    it(`${envelope.kind} may have members of a later release, which are counted`, () => {
      const { envelope: parsed, unknownMembers } = parse({ ...envelope, later: 1, constructor: 2 });
      assert.equal(parsed?.kind, envelope.kind);
      assert.equal(unknownMembers, 2);
    });
  }

  it('of a kind of a later release are ignored', () => {
    for (const kind of ['later', 'constructor', '__proto__', 'toString', '']) {
      assert.deepEqual(parse({ kind, id: 'x' }), { envelope: undefined, unknownMembers: 0 });
    }
  });

  it('have bodies without fields when they have no body', () => {
    assert.deepEqual(parse({ kind: 'response', id: 1 }).envelope, { kind: 'response', id: 1, body: new Map() });
  });

  it('have names that can be logged', () => {
    const named = (name: string) => parse({ kind: 'notification', name });
    for (const name of ['a', 'clipboard.grab', 'screen-lock.2', 'x'.repeat(64)]) assert.ok(named(name).envelope);
    for (const name of ['', 'x'.repeat(65), 'A', 'a\n', 'a b', '-a', 'h\u00e9', '__proto__']) {
      assert.throws(() => named(name), { code: 'malformed' });
    }
  });
});
