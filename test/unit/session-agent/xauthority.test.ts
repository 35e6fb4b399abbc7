import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCookie } from '#session-agent/desktop/x11/xauthority.ts';
import { random } from '#test/support/random.ts';

const LOCAL = 256;
const INTERNET = 0;
const WILD = 65535;
const HERE = 'lab';

/** One entry of an authority file, as Xauth(3) has it. */
function entry(family: number, address: string, number: string, data: string, name = 'MIT-MAGIC-COOKIE-1'): Buffer {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const text = (value: string) => Buffer.concat([u16(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat([u16(family), text(address), text(number), text(name), text(data)]);
}

const find = (...entries: Buffer[]) => findCookie(Buffer.concat(entries), '1', HERE)?.data;

describe('the key of a display', () => {
  it('is that of this machine and this display, byte for byte', () => {
    const key = Array.from({ length: 16 }, (_, at) => String.fromCharCode(at * 17)).join('');
    const entries = [
      entry(LOCAL, 'elsewhere', '1', 'another machine'),
      entry(INTERNET, HERE, '1', 'over the network'),
      entry(LOCAL, HERE, '0', 'another display'),
      entry(LOCAL, HERE, '1', key),
      entry(LOCAL, HERE, '1', 'a later one'),
    ];
    assert.deepEqual(findCookie(Buffer.concat(entries), '1', HERE), { name: 'MIT-MAGIC-COOKIE-1', data: key });
  });

  it('may be one for any display, or for any machine', () => {
    assert.equal(find(entry(LOCAL, HERE, '', 'any display')), 'any display');
    assert.equal(find(entry(WILD, 'whatever', '1', 'any machine')), 'any machine');
    assert.equal(find(entry(WILD, '', '', 'any')), 'any');
  });

  it('is none in a file without it', () => {
    assert.equal(find(), undefined);
    assert.equal(
      find(entry(LOCAL, HERE, '11', 'x'), entry(LOCAL, 'la', '1', 'x'), entry(WILD, '', '0', 'x')),
      undefined,
    );
  });

  it('is found in front of a broken entry, and what follows one is not read', () => {
    const good = entry(LOCAL, HERE, '1', 'good');
    assert.equal(find(good, Buffer.of(1)), 'good');
    assert.equal(find(Buffer.from([1, 0, 0xff, 0xff]), good), undefined);
    for (let length = 0; length < good.length; length++) assert.equal(find(good.subarray(0, length)), undefined);
  });

  it('is looked for in any bytes without an error', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const pick = random(seed);
      const bytes = Buffer.from(Array.from({ length: pick(60) }, () => (pick(3) === 0 ? pick(256) : pick(3))));
      findCookie(bytes, '1', HERE);
    }
  });
});
