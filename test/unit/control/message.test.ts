import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineReader } from '#protocol/control/lines.ts';
import {
  formatAnswer,
  formatRefusal,
  formatRequest,
  formatStatus,
  parseAnswer,
  parseRequest,
} from '#protocol/control/message.ts';
import { fieldText } from '#protocol/control/status.ts';
import { agentStatus } from '#test/fakes/status.ts';

describe("the control socket's messages", () => {
  it('a status is the same on the other side', () => {
    const status = agentStatus({ problems: ['/etc/ügä.conf: "quoted" \\ back'] });
    assert.deepEqual(parseAnswer(formatAnswer(1234.9, formatStatus(status))), { uptimeMs: 1234, status });
  });

  it('members of a newer agent are ignored', () => {
    const status = { ...agentStatus(), later: { x: [1] } };
    assert.deepEqual(parseAnswer(formatAnswer(1, formatStatus(status))).status, agentStatus());
  });

  it('questions are read back; anything else is malformed', () => {
    assert.equal(parseRequest(formatRequest('watch')), 'watch');
    assert.equal(parseRequest('{"ask":"status","later":1}'), 'status');
    for (const line of ['', '{', '[]', '5', 'null', '{}', '{"ask":"shutdown"}', '{"__proto__":{"ask":"status"}}']) {
      assert.throws(() => parseRequest(line), { code: 'malformed' }, line);
    }
  });

  it('answers that are none are malformed, a refusal is one', () => {
    assert.throws(() => parseAnswer(formatRefusal('no')), { code: 'refused', message: 'no' });
    const half = formatAnswer(1, formatStatus(agentStatus())).replace('"sessions"', '"sessiens"');
    for (const line of ['{"version": 1}', '{"uptimeMs": -1, "status": {}}', half]) {
      assert.throws(() => parseAnswer(line), { code: 'malformed' }, line);
    }
  });

  it('lines come out however the stream was cut', () => {
    const stream = Buffer.from('erste\n\nzwölfte\n');
    for (let at = 0; at <= stream.length; at++) {
      const reader = new LineReader(20);
      const lines = [...reader.push(stream.subarray(0, at)), ...reader.push(stream.subarray(at))];
      assert.deepEqual(lines, ['erste', '', 'zwölfte']);
    }
    const reader = new LineReader(4);
    reader.push(Buffer.from('1234\n123'));
    assert.throws(() => reader.push(Buffer.from('45')), { code: 'malformed' });
  });

  it('a field holds no control character and has an end', () => {
    assert.equal(fieldText('a\nb\u001b[2J\u007f'), 'a b [2J ');
    assert.equal(fieldText('x'.repeat(1000), 10), 'xxxxxxxxxx');
  });
});
