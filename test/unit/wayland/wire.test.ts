import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wlDisplay, wlRegistry } from '#protocol/wayland/core.ts';
import { extDataControl, zwlrDataControl } from '#protocol/wayland/data-control.ts';
import { type Argument, eventOf, requestOf } from '#protocol/wayland/interface.ts';
import {
  decodeArguments,
  encodeMessage,
  type Frame,
  Frames,
  MAX_MESSAGE_BYTES,
  type WireValue,
} from '#protocol/wayland/wire.ts';
import { AgentError } from '#shared/errors.ts';

const noDescriptors = () => undefined;
const malformed = (error: unknown) => error instanceof AgentError && error.code === 'malformed';
const unsayable = (error: unknown) => error instanceof AgentError && error.code === 'invalid-argument';

function framesOf(...pieces: readonly Buffer[]): Frame[] {
  const seen: Frame[] = [];
  const frames = new Frames();
  for (const piece of pieces) frames.push(piece, (frame) => seen.push({ ...frame, body: Buffer.from(frame.body) }));
  return seen;
}

/** What comes out of a message that carries `values`. */
function thereAndBack(shape: readonly Argument[], values: readonly WireValue[], descriptors: number[] = []) {
  const [frame] = framesOf(encodeMessage(7, 3, shape, values));
  assert.ok(frame);
  assert.deepEqual([frame.object, frame.opcode], [7, 3]);
  return decodeArguments(frame.body, shape, (count) => descriptors.splice(0, count));
}

describe('the Wayland wire', () => {
  it('says what libwayland says for wl_registry.bind', () => {
    const shape = Object.values(wlRegistry.requests.bind.args);
    const bytes = encodeMessage(2, 0, shape, [24, 'wl_seat', 1, 5]);
    const words = ['02000000', '00002000', '18000000', '08000000', '776c5f73', '65617400', '01000000', '05000000'];
    assert.equal(bytes.toString('hex'), words.join(''));
  });

  it('carries every kind of argument there and back', () => {
    const kinds: readonly (readonly [Argument, WireValue])[] = [
      ['int', -5],
      ['uint', 0xffff_ffff],
      ['fixed', -1.5],
      ['string', ''],
      ['string', 'Grüße'],
      ['string?', undefined],
      ['string?', 'there'],
      ['object', 9],
      ['object?', undefined],
      ['array', Buffer.from([1, 2, 3, 4, 5])],
    ];
    const shape = kinds.map(([argument]) => argument);
    const values = kinds.map(([, value]) => value);
    assert.deepEqual(thereAndBack(shape, values), values);
  });

  it('takes descriptors from beside the bytes, in order, all or none', () => {
    const shape: readonly Argument[] = ['string', 'fd', 'uint', 'fd'];
    assert.deepEqual(thereAndBack(shape, ['a', 40, 1, 41], [40, 41, 42]), ['a', 40, 1, 41]);
    const [frame] = framesOf(encodeMessage(1, 0, shape, ['a', 1, 1, 1]));
    assert.throws(() => decodeArguments(frame?.body ?? Buffer.alloc(0), shape, noDescriptors), malformed);
  });

  it('finds messages wherever the bytes are cut', () => {
    const message = encodeMessage(3, 1, ['string'], ['text/plain']);
    const twice = Buffer.concat([message, message]);
    for (let cut = 0; cut <= twice.length; cut++) {
      const seen = framesOf(twice.subarray(0, cut), twice.subarray(cut));
      assert.deepEqual(
        seen.map(({ object, body }) => [object, body.length]),
        [
          ...[
            [3, message.length - 8],
            [3, message.length - 8],
          ],
        ],
      );
    }
  });

  it('refuses sizes that cannot be', () => {
    for (const size of [0, 4, 7, 9, 10, MAX_MESSAGE_BYTES + 4, 0xfffc]) {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(1, 0);
      head.writeUInt32LE(size * 0x1_0000, 4);
      assert.throws(() => framesOf(head), malformed, `${size}`);
    }
  });

  it('refuses arguments that are not what they should be', () => {
    const bodies: readonly (readonly [Argument, string])[] = [
      ['uint', ''],
      ['uint', '0100'],
      ['uint', '0100000000000000'], // more than the argument
      ['object', '00000000'],
      ['string', '00000000'], // not even a NUL
      ['string', '0400000061626364'], // no NUL
      ['string', '0400000061006300'], // one within
      ['string', 'ffffffff61626300'],
      ['string', '0300000061620000ff'],
      ['array', '05000000aabbccddee'], // without its padding
    ];
    for (const [argument, hex] of bodies) {
      assert.throws(() => decodeArguments(Buffer.from(hex, 'hex'), [argument], noDescriptors), malformed, hex);
    }
  });

  it('does not say what the wire cannot', () => {
    const said: readonly (readonly [Argument, WireValue])[] = [
      ['uint', -1],
      ['uint', 2 ** 32],
      ['int', 2 ** 31],
      ['uint', 'one'],
      ['uint', Number.NaN],
      ['string', 'a\0b'],
      ['string', undefined],
      ['string', 'x'.repeat(MAX_MESSAGE_BYTES)],
      ['array', 'text'],
    ];
    for (const [argument, value] of said) assert.throws(() => encodeMessage(1, 0, [argument], [value]), unsayable);
    assert.throws(() => encodeMessage(1, 0, ['uint'], []), unsayable);
  });
});

describe('bindings', () => {
  it('number messages as the protocols do', () => {
    assert.equal(requestOf(wlDisplay, 'get_registry')?.opcode, 1);
    assert.equal(eventOf(wlDisplay, 1)?.name, 'delete_id');
    assert.equal(eventOf(wlDisplay, 2), undefined);
    assert.equal(requestOf(wlDisplay, 'nothing'), undefined);
    for (const family of [extDataControl, zwlrDataControl]) {
      assert.equal(requestOf(family.device, 'set_primary_selection')?.opcode, 2);
      assert.equal(eventOf(family.device, 3)?.name, 'primary_selection');
    }
  });

  it('know since when there is a primary selection', () => {
    assert.equal(requestOf(extDataControl.device, 'set_primary_selection')?.since, 1);
    assert.equal(requestOf(zwlrDataControl.device, 'set_primary_selection')?.since, 2);
  });
});
