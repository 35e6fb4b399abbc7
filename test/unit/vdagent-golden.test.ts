import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Capability } from '#protocol/vdagent/capabilities.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import { decodeMessage, encodeBody, type Message } from '#protocol/vdagent/messages/index.ts';
import { asJson, type Golden, goldenFiles } from '#test/support/golden.ts';
import { splits } from '#test/support/splits.ts';

type Heard = Message & { readonly port: 'client' | 'server' };

function peerOf(golden: Golden): Set<Capability> {
  return new Set(golden.capabilities as Capability[]);
}

function read(golden: Golden, parts: readonly Uint8Array[]): Heard[] {
  const { from } = golden;
  const reader = new MessageReader({ from, maxClipboardBytes: 1024 * 1024 });
  const receiver = from === 'guest' ? 'host' : 'guest';
  const messages: Heard[] = [];
  for (const part of parts) {
    reader.push(part, (event) => {
      assert.equal(event.kind, 'message');
      if (event.kind !== 'message') return;
      const message = decodeMessage(event.type, event.body, { receiver, port: event.port, peer: peerOf(golden) });
      assert.notEqual(message.name, 'ignored');
      if (message.name !== 'ignored') messages.push({ port: event.port, ...message });
    });
  }
  return messages;
}

describe('vdagent bytes of real peers', () => {
  for (const golden of goldenFiles('vdagent')) {
    const bytes = Buffer.from(golden.hex, 'hex');

    it(`${golden.file} (${golden.peer}) are read, however they are cut`, () => {
      for (const parts of splits(bytes)) assert.deepEqual(asJson(read(golden, parts)), golden.means);
    });

    // One-byte releases and other sizes of chunks are read but never written.
    if (/session-leaves|one-chunk|in-chunks/.test(golden.file)) continue;
    it(`${golden.file} (${golden.peer}) are what we write`, () => {
      const written = read(golden, [bytes]).map(({ port, name, fields }) => {
        const { type, body } = encodeBody(name, fields as never, peerOf(golden));
        return encodeMessage(port, type, body);
      });
      assert.equal(Buffer.concat(written).toString('hex'), golden.hex);
    });
  }
});
