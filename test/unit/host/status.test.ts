import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPretty } from '#host/cli/pretty.ts';
import { readStatus } from '#host/cli/status.ts';
import { QgaClient } from '#host/qga/client.ts';
import { readJson } from '#host/qga/reply.ts';
import { startGuest } from '#test/support/scripted-guest.ts';

async function statusOf(answer: (command: string) => string): Promise<string[]> {
  await using guest = await startGuest((request, socket) =>
    request.execute === 'guest-sync-delimited' ? false : socket.write(`${answer(request.execute)}\n`),
  );
  await using client = await QgaClient.connect(guest.path);
  return await readStatus(client);
}

describe('what a guest says about itself', () => {
  for (const nonsense of ['null', '5', '-1e308', '""', '[]', '{}', '[[]]', '[null, 5, {"ip-addresses": 7}]', 'true']) {
    it(`is shown when every answer is ${nonsense}`, async () => {
      const lines = await statusOf(() => `{"return": ${nonsense}}`);
      for (const label of ['agent', 'host name', 'system', 'time', 'time zone', 'users', 'interfaces']) {
        assert.ok(
          lines.some((line) => line.startsWith(label.padEnd(12))),
          label,
        );
      }
    });
  }

  it('is shown with the reason for what the guest refuses', async () => {
    const lines = await statusOf(() => '{"error": {"class": "CommandNotFound", "desc": "not\\u0007 here"}}');
    assert.equal(lines[1], 'host name   not available (CommandNotFound: not\\u{7} here)');
    assert.equal(lines.length, 7);
  });

  it('fits a screen and holds nothing that steers a terminal, however much there is', async () => {
    const evil = '\\u001b[2J\\u202e\\u009b\\u2028\\n'.repeat(100);
    const many = (item: string) => `[${Array.from({ length: 5000 }, () => item).join(', ')}]`;
    const address = `{"ip-address": "${evil}", "prefix": 123456}`;
    const member = `{"user": "${evil}", "name": "${evil}", "ip-addresses": ${many(address).slice(0, 60_000)}`;
    const item = `${member.slice(0, member.lastIndexOf('}, {'))}}]}`;
    const lines = await statusOf((command) => {
      if (command === 'guest-get-users') return `{"return": ${many(`{"user": "${evil}"}`)}}`;
      if (command === 'guest-network-get-interfaces') return `{"return": [${item}]}`;
      return `{"return": {"host-name": "${evil}", "version": "${evil}", "zone": "${evil}", "pretty-name": "${evil}"}}`;
    });
    assert.ok(lines.length < 40, `${lines.length} lines`);
    for (const line of lines) {
      assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.ok(line.length < 10_000, `${line.length} characters`);
    }
  });

  it('never shows a time that is none', async () => {
    const lines = await statusOf((command) =>
      command === 'guest-get-time' ? '{"return": 9223372036854775807}' : '{"return": [{"login-time": 1e300}]}',
    );
    assert.equal(lines[3], 'time        2262-04-11T23:47:16.854Z');
    assert.equal(lines[5], 'users       ?, since ?');
  });
});

describe('JSON for people', () => {
  const pretty = (text: string) => formatPretty(readJson(Buffer.from(text)));

  it('is indented by two, empty things stay together', () => {
    assert.equal(
      pretty('{"a":[1,{"b":[]}],"c":{}}'),
      '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {}\n}',
    );
  });

  it('escapes what would steer a terminal, names included', () => {
    assert.equal(pretty('{"\\u001b[2J":"\\u009b"}'), '{\n  "\\u001B[2J": "\\u009B"\n}');
  });

  it('does not turn deep nesting into megabytes of blanks', () => {
    const deep = `${'['.repeat(1000)}${'0, '.repeat(10_000)}0${']'.repeat(1000)}`;
    assert.ok(pretty(deep).length < deep.length + 1000);
  });
});
