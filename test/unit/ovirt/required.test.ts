import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OvirtReader } from '#protocol/ovirt/message.ts';
import { goldenFiles } from '#test/support/golden.ts';
import { checkLine, checkMessage } from '#test/support/ovirt/required.ts';

function check(text: string): void {
  const [event] = new OvirtReader('guest').push(Buffer.from(`${text}\n`));
  assert.ok(event?.kind === 'message');
  checkMessage(event.message);
}

describe("the check of VDSM's required members", () => {
  it('passes every message that ovirt-guest-agent has sent', () => {
    for (const golden of goldenFiles('ovirt').filter(({ from }) => from === 'guest')) {
      const lines = Buffer.from(golden.hex, 'hex').toString().trimEnd().split('\n');
      assert.equal(lines.length, 16);
      for (const line of lines) {
        check(line);
        checkLine(JSON.parse(line));
      }
    }
  });

  for (const line of [
    '{"__name__":"heartbeat","apiVersion":3}',
    '{"__name__":"heartbeat","free-ram":"3.5"}',
    '{"__name__":"heartbeat","free-ram":"1","memory-stat":{"mem_free":1.5}}',
    '{"__name__":"memory-stats","memory":{}}',
    '{"__name__":"os-info","version":"","distribution":"","codename":"","arch":"x86","type":"linux","kernel":""}',
    '{"__name__":"timezone","zone":null,"offset":0}',
    '{"__name__":"network-interfaces","interfaces":[{"name":"eth0","hw":"","inet":[]}]}',
    '{"__name__":"active-user"}',
    '{"__name__":"session-startup","user":"x"}',
    '{"__name__":"number-of-cpus","count":true}',
  ]) {
    it(`refuses ${line}`, () => {
      assert.throws(() => check(line), assert.AssertionError);
      assert.throws(() => checkLine(JSON.parse(line)), assert.AssertionError);
    });
  }
});
