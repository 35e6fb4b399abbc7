import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import { decodeMessage, encodeBody, isWanted, MESSAGES, type Origin } from '#protocol/vdagent/messages/index.ts';
import { join, text, u8, u16, u32, u64 } from '#test/support/little-endian.ts';

const PLAIN: Capability[] = ['clipboard-by-demand'];
const SELECTION: Capability[] = ['clipboard-selection'];
const SERIAL: Capability[] = ['clipboard-grab-serial'];

function origin(type: number, peer: readonly Capability[]): Origin {
  const direction = MESSAGES.find((spec) => spec.type === type)?.direction;
  return { receiver: direction === 'to-host' ? 'host' : 'guest', port: 'server', peer: new Set(peer) };
}

function decode(type: number, body: Uint8Array, peer: readonly Capability[] = PLAIN): unknown {
  const message = decodeMessage(type, Buffer.from(body), origin(type, peer));
  return message.name === 'ignored' ? message.reason : message.fields;
}

describe('vdagent message bodies', () => {
  it('are ignored when their type is unknown', () => {
    for (const type of [0, 17, 0xffff_ffff]) assert.equal(decode(type, u8()), 'unknown-type');
  });

  it('are ignored when they come from the wrong side', () => {
    for (const { type, direction } of MESSAGES) {
      const receiver = direction === 'to-host' ? 'guest' : 'host';
      const message = decodeMessage(type, Buffer.alloc(0), { receiver, port: 'server', peer: new Set() });
      if (direction === 'both') assert.notEqual('reason' in message && message.reason, 'wrong-direction');
      else assert.deepEqual(message, { name: 'ignored', type, reason: 'wrong-direction' });
    }
  });

  it('that belong to the SPICE server are not taken from a viewer', () => {
    const fromViewer = (type: number, body: Uint8Array) =>
      decodeMessage(type, Buffer.from(body), { receiver: 'guest', port: 'client', peer: new Set() });
    assert.deepEqual(fromViewer(13, u8()), { name: 'ignored', type: 13, reason: 'wrong-port' });
    assert.deepEqual(fromViewer(16, u32(0)), { name: 'ignored', type: 16, reason: 'wrong-port' });
    // QEMU, which has no SPICE server, sends the mouse on the viewer's port.
    assert.equal(fromViewer(1, new Uint8Array(13)).name, 'mouse-state');
  });

  /** Size, peer and whether it is right: one less and one more than each rule says. */
  for (const [name, type, peer, exact, size] of [
    ['MOUSE_STATE', 1, [], true, 13],
    ['MONITORS_CONFIG', 2, [], false, 8],
    ['REPLY', 3, [], true, 8],
    ['CLIPBOARD', 4, [], false, 4],
    ['CLIPBOARD with selection', 4, SELECTION, false, 8],
    ['DISPLAY_CONFIG', 5, [], true, 8],
    ['ANNOUNCE_CAPABILITIES', 6, [], false, 4],
    ['CLIPBOARD_GRAB with selection', 7, SELECTION, false, 4],
    ['CLIPBOARD_GRAB with serial', 7, SERIAL, false, 4],
    ['CLIPBOARD_GRAB with both', 7, [...SELECTION, ...SERIAL], false, 8],
    ['CLIPBOARD_REQUEST', 8, [], true, 4],
    ['CLIPBOARD_REQUEST with selection', 8, SELECTION, true, 8],
    ['CLIPBOARD_RELEASE with selection', 9, SELECTION, true, 4],
    ['FILE_XFER_START', 10, [], false, 4],
    ['FILE_XFER_STATUS', 11, [], false, 8],
    ['FILE_XFER_DATA', 12, [], false, 12],
    ['MAX_CLIPBOARD', 14, [], true, 4],
    ['AUDIO_VOLUME_SYNC', 15, [], false, 3],
    ['GRAPHICS_DEVICE_INFO', 16, [], false, 4],
  ] as const) {
    it(`${name} has ${exact ? 'exactly' : 'at least'} ${size} bytes`, () => {
      assert.equal(decode(type, new Uint8Array(size - 1), peer), 'wrong-size');
      assert.notEqual(decode(type, new Uint8Array(size), peer), 'wrong-size');
      const longer = decode(type, new Uint8Array(size + 1), peer);
      if (exact) assert.equal(longer, 'wrong-size');
      else assert.notEqual(longer, 'wrong-size');
    });
  }

  it('CLIPBOARD_RELEASE may be the one byte that spice-vdagentd sends', () => {
    for (const peer of [[], SELECTION]) assert.deepEqual(decode(9, u8(1), peer), { selection: 'primary' });
    assert.equal(decode(9, u8(1, 0), SELECTION), 'wrong-size');
    assert.equal(decode(13, u8(1)), 'wrong-size');
  });

  it('keep to what their bytes can hold', () => {
    assert.equal(decode(2, u32(1, 0, 1, 1, 1, 1)), 'malformed');
    assert.equal(decode(2, u32(0xffff_ffff, 0)), 'malformed');
    assert.equal(decode(15, u8(1, 0, 2, 0, 0, 0)), 'malformed');
    assert.equal(decode(16, u32(1)), 'malformed');
    assert.equal(decode(16, u32(0xffff_ffff)), 'malformed');
    assert.equal(decode(16, join(u32(1), u32(0, 0, 0, 0xffff_ffff), text('pci'))), 'malformed');
    assert.equal(decode(16, join(u32(1), u32(0, 0, 0, 0))), 'malformed');
    assert.equal(decode(16, join(u32(1), u32(0, 0, 0, 3), text('pci'))), 'malformed');
    assert.equal(decode(4, join(u8(3, 0, 0, 0), u32(1)), SELECTION), 'malformed');
    assert.equal(decode(14, u32(-2)), 'malformed');
  });

  it('MONITORS_CONFIG with flag 2 is read without sizes when not all are there, and with bytes behind it', () => {
    const monitor = { width: 1024, height: 768, depth: 32, x: 0, y: 0 };
    const body = join(u32(1, 2), u32(768, 1024, 32, 0, 0));
    assert.deepEqual(decode(2, join(body, u16(190))), { hasPositions: false, monitors: [monitor] });
    assert.deepEqual(decode(2, join(body, u16(190, 250), text('more'))), {
      hasPositions: false,
      monitors: [{ ...monitor, physical: { width: 250, height: 190 } }],
    });
  });

  it('CLIPBOARD_GRAB lists each type it knows once, however often it is named', () => {
    assert.deepEqual(decode(7, u32(99, 1, 0, 2, 1, 1)), { selection: 'clipboard', types: ['text', 'png'] });
    assert.deepEqual(decode(7, join(u32(1), u8(2, 0))), { selection: 'clipboard', types: ['text'] });
  });

  it('CLIPBOARD_REQUEST for a type of the future can still be answered', () => {
    assert.deepEqual(decode(8, u32(7)), { selection: 'clipboard', type: 'unknown' });
  });

  it('FILE_XFER_DATA tells the size that is claimed beside the bytes that came', () => {
    assert.deepEqual(decode(12, join(u32(1), u64(5000), text('abc'))), {
      id: 1,
      claimedBytes: 5000n,
      data: Buffer.from('abc'),
    });
  });

  it('FILE_XFER_START may lack its NUL', () => {
    assert.deepEqual(decode(10, join(u32(1), text('[a]'))), { id: 1, description: Buffer.from('[a]') });
  });

  it('FILE_XFER_STATUS with a result or detail of the future is an error without detail', () => {
    assert.deepEqual(decode(11, u32(1, 99)), { id: 1, result: 'error' });
    assert.deepEqual(decode(11, join(u32(1, 2), u8(9), u32(31))), { id: 1, result: 'error' });
    assert.deepEqual(decode(11, join(u32(1, 4), u8(9))), { id: 1, result: 'not-enough-space' });
  });

  it('cannot name what the peer does not know', () => {
    const grab = { selection: 'clipboard', types: [] } as const;
    assert.throws(() => encodeBody('clipboard-release', { selection: 'primary' }, new Set()), {
      code: 'invalid-argument',
    });
    assert.throws(() => encodeBody('clipboard-grab', grab, new Set(SERIAL)), { code: 'invalid-argument' });
  });

  it('are wanted by a receiver that announced their capability', () => {
    assert.equal(isWanted('mouse-state', new Set()), false);
    assert.equal(isWanted('mouse-state', new Set(['mouse-state'])), true);
    assert.equal(isWanted('announce-capabilities', new Set()), true);
    assert.equal(isWanted('file-transfer-start', new Set()), true);
    assert.equal(isWanted('file-transfer-start', new Set(['file-xfer-disabled'])), false);
  });
});
