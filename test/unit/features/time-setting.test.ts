import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { momentOf, showsLocalTime, wallClock } from '#system-agent/time-setting/hardware-clock.ts';
import { refusingTimeSetting } from '#system-agent/time-setting/refusing.ts';

const MARCH = Date.UTC(2026, 2, 29, 1) / 1000; // CET becomes CEST
const OCTOBER = Date.UTC(2026, 9, 25, 1) / 1000;
const prague = (seconds: number) => (seconds >= MARCH && seconds < OCTOBER ? 7200 : 3600);

describe('the hardware clock', () => {
  it('shows UTC unless /etc/adjtime says LOCAL', () => {
    assert.equal(showsLocalTime(undefined), false);
    assert.equal(showsLocalTime('0.0 0 0.0\n0\nUTC\n'), false);
    assert.equal(showsLocalTime('0.0 0 0.0\n0\nLOCAL\n'), true);
    assert.equal(showsLocalTime(''), false);
  });

  it('in local time gives the moment back in summer, winter and around the changes', () => {
    for (const seconds of [MARCH - 1, MARCH, MARCH + 1, MARCH + 86_400, OCTOBER - 7201, OCTOBER + 3600]) {
      assert.equal(momentOf(wallClock(seconds, prague), prague), seconds);
    }
  });

  it('the refusing port does nothing', async () => {
    await assert.rejects(refusingTimeSetting.set(0n), { code: 'refused' });
    await assert.rejects(refusingTimeSetting.setFromHardware(), { code: 'refused' });
  });
});
