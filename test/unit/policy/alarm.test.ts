import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silent } from '#shared/log/log.ts';
import type { AgentEvent } from '#system-agent/events/kinds.ts';
import { PolicyAlarm } from '#system-agent/policy/alarm.ts';
import { gatesOf } from '#system-agent/policy/gates.ts';
import { PolicyInForce } from '#system-agent/policy/in-force.ts';
import { parsePolicy } from '#system-agent/policy/parse.ts';

describe('alarm of the policy', () => {
  it('is told at once, then once a second with the number of those in between', () => {
    const events: AgentEvent[] = [];
    let now = 0;
    const alarm = new PolicyAlarm({ publish: (event) => events.push(event) }, () => now);
    for (; now < 2500; now += 100) alarm.denied('qga', 'guest-exec', 'a rule');
    const data = { door: 'qga', request: 'guest-exec', rule: 'a rule' };
    assert.deepEqual(events, [
      { event: 'POLICY_DENIED', data: { ...data, untold: 0n } },
      { event: 'POLICY_DENIED', data: { ...data, untold: 9n } },
      { event: 'POLICY_DENIED', data: { ...data, untold: 9n } },
    ]);
  });
});

describe('gates of the policy', () => {
  it('alarm for a request that is refused, and not for the question whether one would be', () => {
    const policy = new PolicyInForce('p', (name) => parsePolicy('[policy]\nprofile=observe\n', name), silent);
    const heard: string[] = [];
    const gates = gatesOf(policy, { denied: (door, request) => heard.push(`${door} ${request}`) });
    const [exec, ping] = [{ name: 'guest-exec' }, { name: 'guest-ping' }];
    assert.notEqual(gates.qga(exec), undefined);
    assert.notEqual(gates.ovirt('shutdown'), undefined);
    assert.equal(gates.qga(ping, new Map()), undefined);
    assert.deepEqual(heard, []);
    gates.qga(exec, new Map());
    gates.ovirt('shutdown', new Map());
    assert.equal(gates.vdagent.admits('no such message'), false);
    assert.deepEqual(heard, ['qga guest-exec', 'ovirt shutdown', 'vdagent no such message']);
  });
});
