import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import {
  decodeMessage,
  encodeBody,
  MESSAGES,
  type MessageName,
  type Origin,
  type Sent,
} from '#protocol/vdagent/messages/index.ts';
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

interface Case<Name extends MessageName> {
  readonly name: Name;
  readonly type: number;
  readonly peer?: readonly Capability[];
  readonly body: Uint8Array;
  readonly fields: Sent<Name>;
  /** What is read, where it is not what was sent. */
  readonly read?: unknown;
}

const checked = <Name extends MessageName>(one: Case<Name>) => one;

/** Bytes put together by hand from vd_agent.h. */
const CASES = [
  checked({
    name: 'mouse-state',
    type: 1,
    body: join(u32(640, 270, 2), u8(3)),
    fields: { x: 640, y: 270, buttons: 2, displayId: 3 },
  }),
  checked({
    name: 'monitors-config',
    type: 2,
    body: join(u32(2, 1), u32(768, 1024, 32, -1024, 5), u32(0, 0, 0, 0, 0)),
    fields: {
      hasPositions: true,
      monitors: [
        { width: 1024, height: 768, depth: 32, x: -1024, y: 5 },
        { width: 0, height: 0, depth: 0, x: 0, y: 0 },
      ],
    },
  }),
  checked({
    name: 'monitors-config',
    type: 2,
    body: join(u32(1, 2), u32(768, 1024, 32, 0, 0), u16(190, 250)),
    fields: {
      hasPositions: false,
      monitors: [{ width: 1024, height: 768, depth: 32, x: 0, y: 0, physical: { width: 250, height: 190 } }],
    },
  }),
  checked({ name: 'reply', type: 3, body: u32(2, 1), fields: { to: 2, succeeded: true } }),
  checked({ name: 'reply', type: 3, body: u32(5, 2), fields: { to: 5, succeeded: false } }),
  checked({
    name: 'clipboard',
    type: 4,
    body: join(u32(1), text('hi')),
    fields: { selection: 'clipboard', type: 'text', data: Buffer.from('hi') },
  }),
  checked({
    name: 'clipboard',
    type: 4,
    peer: SELECTION,
    body: join(u8(1, 0, 0, 0), u32(0)),
    fields: { selection: 'primary', type: 'none', data: Buffer.alloc(0) },
  }),
  checked({
    name: 'display-config',
    type: 5,
    body: u32(0b1101, 24),
    fields: { noWallpaper: true, noFontSmoothing: false, noAnimation: true, depth: 24 },
  }),
  checked({
    name: 'display-config',
    type: 5,
    body: u32(2, 0),
    fields: { noWallpaper: false, noFontSmoothing: true, noAnimation: false },
  }),
  checked({
    name: 'announce-capabilities',
    type: 6,
    body: u32(1, 0x00038de7),
    fields: {
      request: true,
      capabilities: new Set<Capability>([
        'mouse-state',
        'monitors-config',
        'reply',
        'clipboard-by-demand',
        'clipboard-selection',
        'sparse-monitors-config',
        'guest-lineend-lf',
        'max-clipboard',
        'audio-volume-sync',
        'graphics-device-info',
        'clipboard-no-release-on-regrab',
        'clipboard-grab-serial',
      ]),
    },
  }),
  checked({
    name: 'clipboard-grab',
    type: 7,
    body: u32(1, 2),
    fields: { selection: 'clipboard', types: ['text', 'png'] },
  }),
  checked({
    name: 'clipboard-grab',
    type: 7,
    peer: [...SELECTION, ...SERIAL],
    body: join(u8(1, 0, 0, 0), u32(0xffff_ffff), u32(6, 5, 4, 3)),
    fields: { selection: 'primary', serial: 0xffff_ffff, types: ['file-list', 'jpg', 'tiff', 'bmp'] },
  }),
  checked({
    name: 'clipboard-grab',
    type: 7,
    peer: SERIAL,
    body: u32(7, 1),
    fields: { selection: 'clipboard', serial: 7, types: ['text'] },
  }),
  checked({
    name: 'clipboard-request',
    type: 8,
    peer: SELECTION,
    body: join(u8(2, 0, 0, 0), u32(2)),
    fields: { selection: 'secondary', type: 'png' },
  }),
  checked({ name: 'clipboard-release', type: 9, body: u8(), fields: { selection: 'clipboard' } }),
  checked({
    name: 'clipboard-release',
    type: 9,
    peer: SELECTION,
    body: u8(1, 0, 0, 0),
    fields: { selection: 'primary' },
  }),
  checked({
    name: 'file-transfer-start',
    type: 10,
    body: join(u32(7), text('[vdagent-file-xfer]\n\0')),
    fields: { id: 7, description: Buffer.from('[vdagent-file-xfer]\n') },
  }),
  checked({ name: 'file-transfer-status', type: 11, body: u32(7, 3), fields: { id: 7, result: 'success' } }),
  checked({
    name: 'file-transfer-status',
    type: 11,
    peer: ['file-xfer-detailed-errors'],
    body: join(u32(7, 4), u64(2 ** 40 + 3)),
    fields: { id: 7, result: 'not-enough-space', freeBytes: 2n ** 40n + 3n },
  }),
  checked({
    name: 'file-transfer-status',
    type: 11,
    peer: ['file-xfer-detailed-errors'],
    body: join(u32(7, 2), u8(0), u32(31)),
    fields: { id: 7, result: 'error', gioError: 31 },
  }),
  checked({
    name: 'file-transfer-status',
    type: 11,
    body: u32(7, 2),
    fields: { id: 7, result: 'disabled' },
    read: { id: 7, result: 'error' },
  }),
  checked({
    name: 'file-transfer-data',
    type: 12,
    body: join(u32(7), u64(3), text('abc')),
    fields: { id: 7, data: Buffer.from('abc') },
    read: { id: 7, claimedBytes: 3n, data: Buffer.from('abc') },
  }),
  checked({ name: 'client-disconnected', type: 13, body: u8(), fields: {} }),
  checked({ name: 'max-clipboard', type: 14, body: u32(-1), fields: { maxBytes: 'unlimited' } }),
  checked({ name: 'max-clipboard', type: 14, body: u32(0x7fff_ffff), fields: { maxBytes: 0x7fff_ffff } }),
  checked({
    name: 'audio-volume-sync',
    type: 15,
    body: join(u8(1, 0, 2), u16(65535, 256)),
    fields: { stream: 'playback', muted: false, volumes: [65535, 256] },
  }),
  checked({
    name: 'audio-volume-sync',
    type: 15,
    body: u8(0, 1, 0),
    fields: { stream: 'record', muted: true, volumes: [] },
  }),
  checked({
    name: 'graphics-device-info',
    type: 16,
    body: join(u32(1), u32(0, 1, 2, 14), text('pci/0000/02.0\0')),
    fields: { devices: [{ channelId: 0, monitorId: 1, deviceDisplayId: 2, address: 'pci/0000/02.0' }] },
  }),
] as const;

describe('vdagent message bodies', () => {
  it('have a row for each of the 16 numbers, in order', () => {
    assert.deepEqual(
      MESSAGES.map((spec) => spec.type),
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
    assert.deepEqual(new Set(CASES.map((one) => one.name)), new Set(MESSAGES.map((spec) => spec.name)));
  });

  for (const { name, type, peer = PLAIN, body, fields, read = fields } of CASES as readonly Case<MessageName>[]) {
    it(`${name} of ${body.length} bytes for a peer with ${peer.join(', ')}`, () => {
      const sent = encodeBody(name, fields, new Set(peer));
      assert.equal(sent.type, type);
      assert.equal(Buffer.from(sent.body).toString('hex'), Buffer.from(body).toString('hex'));
      assert.deepEqual(decode(type, body, peer), read);
    });

    it(`${name} of ${body.length} bytes cut short is an answer and not an exception`, () => {
      for (let length = 0; length < body.length; length++) decode(type, body.subarray(0, length), peer);
    });
  }
});
