import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreezeMachine } from '#system-agent/freeze/machine.ts';
import { formatRecord, parseRecord } from '#system-agent/freeze/record.ts';

describe('the state of a freeze', () => {
  it('goes round, and knows its lease', () => {
    const machine = new FreezeMachine();
    machine.begin(1000);
    assert.equal(machine.phase, 'freezing');
    machine.frozen(5000, 'consistent');
    assert.equal(machine.leaseLeft(4000), 1000);
    machine.renew(9000);
    assert.equal(machine.leaseLeft(4000), 5000);
    assert.equal(machine.leaseLeft(10_000), 0);
    machine.thawing();
    assert.equal(machine.leaseLeft(4000), undefined);
    machine.thawed();
    assert.deepEqual(machine.period, { since: 1000, achieved: 'consistent' });
    assert.equal(machine.takeUntold(), undefined);
  });

  it('tells an early end once', () => {
    const machine = new FreezeMachine();
    machine.begin(1000);
    machine.frozen(5000, 'consistent');
    machine.thawing();
    machine.thawed('the lease has ended');
    assert.deepEqual(machine.period, { since: 1000, achieved: 'lease-expired', ended: 'the lease has ended' });
    assert.equal(machine.takeUntold(), 'the lease has ended');
    assert.equal(machine.takeUntold(), undefined);
  });

  it('tells it no more once another freeze has begun', () => {
    const machine = new FreezeMachine();
    machine.endedBefore('the agent died');
    machine.begin(1000);
    assert.equal(machine.takeUntold(), undefined);
  });

  it('refuses a second freeze, and a lease for nothing', () => {
    const machine = new FreezeMachine();
    assert.throws(() => machine.renew(1), /no file system is frozen/);
    machine.begin(0);
    assert.throws(() => machine.begin(0), /file systems are freezing/);
    assert.throws(() => machine.thawed(), /not from freezing/);
  });
});

describe('the record of a freeze', () => {
  it('comes back as it was written', () => {
    for (const record of [
      { kind: 'frozen', pid: 4711 },
      { kind: 'ended', reason: 'the agent died' },
    ] as const) {
      assert.deepEqual(parseRecord(formatRecord(record)), record);
    }
  });

  it('is a freeze of nobody when it cannot be read', () => {
    for (const text of ['', '\0\0', 'frozen: -1', 'ended:']) {
      assert.deepEqual(parseRecord(text), { kind: 'frozen', pid: 0 });
    }
  });
});
