import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OvirtReader } from '#protocol/ovirt/message.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';

/** A restart goes on with a port only where the reader of the last run stood between two messages. */
const DIALOGUES = [
  {
    protocol: 'qga',
    reader: () => new JsonReader(),
    messages: [
      Buffer.from('{"execute":"guest-ping"}'),
      Buffer.from("\n{'execute': 'guest-sync', 'arguments': {'id': [1, -2.5e3, true]}}"),
    ],
  },
  {
    protocol: 'ovirt',
    reader: () => new OvirtReader('host'),
    messages: [Buffer.from('{"__name__": "refresh"}\n'), Buffer.from('{"__name__": "echo"}\n')],
  },
  {
    protocol: 'vdagent',
    reader: () => {
      const reader = new MessageReader({ from: 'host', maxClipboardBytes: 1024 });
      return {
        push: (bytes: Uint8Array) => reader.push(bytes, () => {}),
        get isIdle() {
          return reader.isIdle;
        },
      };
    },
    messages: [encodeMessage('client', 4, Buffer.alloc(900)), encodeMessage('server', 13, Buffer.alloc(0))],
  },
];

describe('a reader is idle between two messages and nowhere else', () => {
  for (const { protocol, reader: create, messages } of DIALOGUES) {
    it(protocol, () => {
      const ends = new Set<number>([0]);
      for (const { length } of messages) ends.add(Math.max(...ends) + length);
      const bytes = Buffer.concat(messages);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const reader = create();
        reader.push(bytes.subarray(0, cut));
        const isBlank = cut < bytes.length && bytes.subarray(Math.max(...[...ends].filter((end) => end <= cut)), cut);
        const isBetween =
          ends.has(cut) || (isBlank !== false && isBlank.toString().trim() === '' && protocol === 'qga');
        assert.equal(reader.isIdle, isBetween, `after ${cut} bytes`);
      }
    });
  }
});
