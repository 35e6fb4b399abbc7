import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { eventMessage, failure, greeting, lineOf, ownEvent, success } from '#host/qmp/message.ts';
import { Session } from '#host/qmp/session.ts';
import { VERSION } from '#host/qmp/version.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { comparable } from '#test/support/qmp/dialogue.js';

interface Golden {
  readonly dialogue: readonly { readonly say: string; readonly hear: readonly string[] }[];
}

const GOLDEN: Golden = JSON.parse(readFileSync('test/golden/qmp/qemu-negotiation.json', 'utf8'));

/** A server whose one command is query-version, as the recorded QEMU is to whoever knows no other. */
class Answering {
  readonly #reader = new JsonReader();
  readonly session = new Session();

  hear(text: string): string[] {
    return this.#reader.push(Buffer.from(text, 'latin1')).map((heard) => {
      const step = this.session.take(heard);
      if (step.kind === 'answer') return lineText(step.message);
      const { command, args, echo } = step.call;
      if (command !== 'query-version') {
        return lineText(failure('CommandNotFound', `The command ${command} has not been found`, echo));
      }
      const [extra] = args.keys();
      if (extra !== undefined) return lineText(failure('GenericError', `Parameter '${extra}' is unexpected`, echo));
      return lineText(success(VERSION, echo));
    });
  }
}

function lineText(message: Parameters<typeof lineOf>[0]): string {
  const line = lineOf(message).toString('latin1');
  assert.ok(line.endsWith('\r\n'));
  return line.slice(0, -2);
}

describe('the QMP session', () => {
  it('says what QEMU said, byte for byte', () => {
    const server = new Answering();
    const [opening, ...rest] = GOLDEN.dialogue;
    assert.deepEqual([lineText(greeting(VERSION))].map(comparable), opening?.hear.map(comparable));
    for (const { say, hear } of rest) {
      assert.deepEqual(server.hear(`${say}\n`).map(comparable), hear.map(comparable), say);
    }
    assert.ok(server.session.isNegotiated);
  });

  it('offers no capability and switches none on', () => {
    const server = new Answering();
    assert.match(lineText(greeting(VERSION)), /"capabilities": \[\]\}\}$/);
    assert.deepEqual(server.hear('{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}'), [
      '{"error": {"class": "GenericError", "desc": "Capability oob not available"}}',
    ]);
    assert.equal(server.session.isNegotiated, false);
    server.hear('{"execute": "qmp_capabilities", "arguments": {"enable": []}}');
    assert.equal(server.session.isNegotiated, true);
  });

  it('prints an event as QEMU does, with the time in whole numbers', () => {
    const timestamp = { seconds: 1795330633n, microseconds: 248993n };
    assert.equal(
      lineText(eventMessage({ event: 'RESET', data: { guest: false }, timestamp })),
      '{"timestamp": {"seconds": 1795330633, "microseconds": 248993}, "event": "RESET", "data": {"guest": false}}',
    );
    const now = ownEvent('X', {}).timestamp;
    assert.ok(now.microseconds < 1_000_000n && now.microseconds % 1000n === 0n);
    assert.ok(Math.abs(Number(now.seconds) - Date.now() / 1000) < 60);
  });
});
