import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { localTime, systemTimeNanoseconds } from '#shared/native/clock.ts';

describe('system time', () => {
  it('is the time of Date, finer, and a bigint', () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const now = systemTimeNanoseconds();
    const later = BigInt(Date.now() + 1) * 1_000_000n;
    assert.ok(before <= now && now <= later, `${before} ${now} ${later}`);
    assert.equal(now % 1000n, 0n, 'microsecond resolution');
  });

  it('has more than milliseconds', () => {
    const times = Array.from({ length: 100 }, systemTimeNanoseconds);
    assert.ok(times.some((time) => time % 1_000_000n !== 0n));
  });
});

describe('local time', () => {
  const zone = process.env.TZ;
  after(() => setZone(zone));

  it('follows each change of TZ, summer time included', () => {
    const winter = 1_700_000_000n;
    const summer = 1_690_000_000n;
    setZone('CET-1CEST,M3.5.0,M10.5.0/3');
    assert.deepEqual(localTime(winter), { zone: 'CET', offsetSeconds: 3600 });
    assert.deepEqual(localTime(summer), { zone: 'CEST', offsetSeconds: 7200 });
    setZone('<-0330>3:30');
    assert.deepEqual(localTime(winter), { zone: '-0330', offsetSeconds: -12600 });
    setZone('EST5');
    assert.deepEqual(localTime(winter), { zone: 'EST', offsetSeconds: -18000 });
  });

  it('says the same as date(1)', () => {
    for (const TZ of [undefined, 'UTC', 'Asia/Kathmandu', 'America/St_Johns', ':Europe/Berlin', '']) {
      setZone(TZ);
      const environment = { ...process.env, LC_ALL: 'C' };
      const now = 1_720_000_000n;
      const text = execFileSync('date', ['-d', `@${now}`, '+%Z %z'], { encoding: 'utf8', env: environment }).trim();
      const { zone, offsetSeconds } = localTime(now);
      assert.equal(`${zone} ${hoursAndMinutes(offsetSeconds)}`, text.replace('Universal', 'UTC'), `TZ=${TZ}`);
    }
  });

  it('takes a TZ that names no zone as UTC', () => {
    for (const TZ of ['Nowhere/City', 'Foo', '/no/such/file', ':']) {
      setZone(TZ);
      assert.deepEqual(localTime(0n), { zone: 'UTC', offsetSeconds: 0 }, TZ);
    }
  });

  it('knows years before 1970 and refuses one that has no calendar', () => {
    setZone('UTC0');
    assert.deepEqual(localTime(-1n), { zone: 'UTC', offsetSeconds: 0 });
    assert.throws(() => localTime(1n << 62n), { code: 'EOVERFLOW', syscall: 'localtime_r' });
  });
});

function setZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
}

function hoursAndMinutes(seconds: number): string {
  const minutes = Math.abs(seconds) / 60;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${two(minutes / 60)}${two(minutes % 60)}`;
}
