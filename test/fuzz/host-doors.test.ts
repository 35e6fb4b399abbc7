import assert from 'node:assert/strict';
import { describe } from '#host/cli/ovirt/describe.ts';
import { describe as describeClipboard } from '#host/cli/vdagent/clipboard.ts';
import { ClientClipboard } from '#host/vdagent/clipboard.ts';
import { OvirtReader } from '#protocol/ovirt/message.ts';
import type { Capabilities } from '#protocol/vdagent/capabilities.ts';
import { encodeMessage, MessageReader } from '#protocol/vdagent/message.ts';
import { decodeMessage } from '#protocol/vdagent/messages/index.ts';
import { AgentError } from '#shared/errors.ts';
import { type Chance, cut, fuzz, latin1Pieces, pick, randomBytes } from '#test/support/fuzz.ts';

const SAFE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

const PIECES = [
  ...'{}[]:,"\\ \n0-.e1',
  '"__name__": ',
  '"heartbeat"',
  '"memory-stat": {"mem_total": ',
  '"network-interfaces", "interfaces": [{"name": ',
  '{"__name__": "os-info", "version": "\\u001b[2J", "kernel": [[]]}\n',
  '{"__name__": "disks-usage", "disks": [{"path": "\\u202e", "used": "1e999", "total": -1}]}\n',
  '{"__name__": "timezone", "zone": {}, "offset": null}\n',
  '{"__name__": "active-user", "name": ["x"]}\n',
  '\xff\xc2\x9b',
];

fuzz('whatever a guest says to oVirt is one line that is safe for a terminal, and hides nothing after it', (chance) => {
  const noise = chance(10) < 8 ? latin1Pieces(PIECES, 40, chance) : randomBytes(chance(400), chance);
  const stream = Buffer.concat([noise, Buffer.from('\n{"__name__": "fqdn", "fqdn": "found"}\n')]);
  const reader = new OvirtReader('guest');
  const lines = cut(stream, chance)
    .flatMap((part) => reader.push(part))
    .flatMap((event) => (event.kind === 'message' ? [describe(event.message)] : []));
  for (const line of lines) assert.match(line, SAFE);
  assert.match(lines.at(-1) ?? '', /^fqdn +found$/);
});

const LAYOUTS: readonly Capabilities[] = [
  new Set(['clipboard-by-demand']),
  new Set(['clipboard-by-demand', 'clipboard-selection']),
  new Set(['clipboard-by-demand', 'clipboard-selection', 'clipboard-grab-serial']),
];
/** Types of REPLY, CLIPBOARD, ANNOUNCE, GRAB, REQUEST, RELEASE, STATUS, and some that a guest never sends. */
const TYPES = [3, 4, 6, 7, 8, 9, 11, 0, 1, 2, 99];

fuzz('whatever a guest does with the clipboard, there is one owner, and each request has one answer', (chance) => {
  const peer = pick(LAYOUTS, chance);
  const clipboard = new ClientClipboard();
  const content = new Map([['text', Buffer.from('ours')]] as const);
  const messages = Array.from({ length: chance(20) }, () => encodeMessage('client', pick(TYPES, chance), body(chance)));
  const reader = new MessageReader({ from: 'guest', maxClipboardBytes: 1000 });
  for (const part of cut(Buffer.concat(messages), chance)) {
    reader.push(part, (event) => {
      if (event.kind === 'skipped') return;
      const message = decodeMessage(event.type, event.body, { receiver: 'host', port: event.port, peer });
      assert.match(message.name === 'ignored' ? '' : (describeClipboard(message)?.words ?? ''), SAFE);
      if (chance(4) === 0) clipboard.grab('clipboard', content, peer);
      if (message.name === 'clipboard-grab') clipboard.grabbed(message.fields);
      if (message.name === 'clipboard-release') clipboard.released(message.fields);
      if (message.name === 'clipboard-request') {
        const answer = clipboard.requested(message.fields);
        assert.equal(answer.name, 'clipboard');
        if (clipboard.offered(message.fields.selection)) {
          assert.ok('type' in answer.fields && answer.fields.type === 'none', 'answered for a selection of the guest');
        }
      }
    });
  }
});

fuzz('a stream of garbage ends in a malformed frame or is counted down, and keeps little', (chance) => {
  const reader = new MessageReader({ from: 'guest', maxClipboardBytes: 1000 });
  try {
    for (const part of cut(randomBytes(chance(400), chance), chance)) reader.push(part, () => {});
  } catch (error) {
    assert.ok(error instanceof AgentError && error.code === 'malformed');
  }
});

/** Small numbers mean something in these messages. */
function body(chance: Chance): Uint8Array {
  const words = new Uint32Array(Array.from({ length: chance(5) }, () => (chance(8) === 0 ? 0xffff_ffff : chance(8))));
  return chance(5) === 0 ? randomBytes(chance(30), chance) : new Uint8Array(words.buffer);
}
