import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeBase64, decodeBase64Bytes } from '#protocol/qga/base64.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { Base64, type JsonObject } from '#shared/json/value.ts';

describe('base64 as qemu-ga reads it', () => {
  for (const [text, bytes] of [
    ['', ''],
    ['YWJj', 'abc'],
    ['YWI=', 'ab'],
    ['YQ==', 'a'],
    ['YWJj\nZGVm\n', 'abcdef'],
    ['QUJ', ''],
    ['YWJjQUJ', 'abc'],
    ['YQ==YWI=YWJj', 'aababc'],
    ['=', ''],
    ['A===', '\0'],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(decodeBase64(text).toString('latin1'), bytes));
  }

  for (const text of ['@@@@', 'YW-_', 'YW Jj', 'YWJj\r\n', 'é']) {
    it(`${JSON.stringify(text)} is refused`, () => {
      assert.throws(() => decodeBase64(text), { message: 'Base64 data contains invalid characters' });
    });
  }
});

const LONG = Buffer.from(Array.from({ length: 200_001 }, (_, at) => (at * at) >> 5));

describe('long base64, decoded without a string of it', () => {
  const decode = (text: string) => decodeBase64Bytes(Buffer.from(text), Buffer.alloc(text.length));

  it('is what it is at once, whatever its length', () => {
    for (let size = LONG.length - 4; size <= LONG.length; size++) {
      const bytes = LONG.subarray(0, size);
      assert.deepEqual(decode(bytes.toString('base64')), bytes);
    }
  });

  const text = LONG.toString('base64');
  for (const [what, odd] of Object.entries({
    'a newline': `${text.slice(0, 70_000)}\n${text.slice(70_000)}`,
    'a stranger': `${text.slice(0, 70_000)}@${text.slice(70_001)}`,
    'the URL alphabet': `${text.slice(0, 70_000)}-${text.slice(70_001)}`,
    'padding between pieces': `${text.slice(0, 65_535)}=${text.slice(65_536)}`,
    'a group that does not end': text.slice(0, -1),
  })) {
    it(`leaves ${what} to whoever looks closely`, () => assert.equal(decode(odd), undefined));
  }
});

describe('file data in a request', () => {
  const text = LONG.toString('base64');
  const argument = (request: string, forGuest = true) => {
    const bytes = Buffer.from(request);
    const reader = new JsonReader({ forGuest });
    const [event] = [...reader.push(bytes.subarray(0, 100_000)), ...reader.push(bytes.subarray(100_000))];
    assert.equal(event?.kind, 'value');
    const value = event.value as JsonObject;
    return [...((value.get('arguments') ?? value) as JsonObject).values()].at(-1);
  };
  const write = (data: string) => `{"execute":"guest-file-write","arguments":{"handle":1,"buf-b64":"${data}"}}`;

  it('is decoded as it is read, when it is long', () => {
    const data = argument(write(text));
    assert.ok(data instanceof Base64);
    assert.deepEqual(data.bytes, LONG);
  });

  it('is text when it is short, when it is unusual, elsewhere, and for others than the guest', () => {
    assert.equal(argument(write('YWJj')), 'YWJj');
    assert.equal(argument(write(`${text}A`)), `${text}A`);
    assert.equal(argument(write(text).replace('buf-b64', 'path')), text);
    assert.equal(argument(`{"execute":"guest-ping","buf-b64":"${text}"}`), text);
    assert.equal(argument(write(text), false), text);
  });

  it('has memory of its own until it is done with', () => {
    const reader = new JsonReader({ forGuest: true });
    const read = (data: Buffer) => {
      const [event] = reader.push(Buffer.from(write(data.toString('base64'))));
      assert.equal(event?.kind, 'value');
      return ((event.value as JsonObject).get('arguments') as JsonObject).get('buf-b64') as Base64;
    };
    const first = read(LONG);
    const second = read(Buffer.alloc(LONG.length, 7));
    assert.deepEqual(first.bytes, LONG);
    second.release();
    const third = read(LONG.subarray(0, LONG.length - 3));
    assert.equal(third.bytes.buffer, second.bytes.buffer);
    assert.deepEqual(first.bytes, LONG);
  });
});
