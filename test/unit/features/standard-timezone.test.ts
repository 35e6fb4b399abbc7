import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { localTime } from '#shared/native/clock.ts';
import { linuxClock } from '#system-agent/clock/linux.ts';
import { standardOffset, zoneName } from '#system-agent/clock/standard.ts';

const nothing = { variable: undefined, link: '', file: undefined };
const ZONES = '/usr/share/zoneinfo';

describe('the name of the zone', () => {
  it('is the whole of it, whichever way the link goes', () => {
    for (const [link, name] of [
      [`${ZONES}/Europe/Prague`, 'Europe/Prague'],
      ['../usr/share/zoneinfo/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
      [`${ZONES}/UTC`, 'UTC'],
      [`${ZONES}/posix/Asia/Tokyo`, 'Asia/Tokyo'],
      [`${ZONES}/right/Etc/GMT+5`, 'Etc/GMT+5'],
    ] as const) {
      assert.equal(zoneName({ ...nothing, link, file: 'Not/This\n' }), name);
    }
  });

  it('of a copied file is in /etc/timezone, or nowhere', () => {
    assert.equal(zoneName({ ...nothing, file: 'Europe/Oslo\n' }), 'Europe/Oslo');
    assert.equal(zoneName({ ...nothing, link: '/mnt/zone', file: 'Europe/Oslo\n' }), 'Europe/Oslo');
    assert.equal(zoneName(nothing), '');
    assert.equal(zoneName({ ...nothing, file: '\0\n' }), '');
  });

  it('is UTC where no zone was set', () => assert.equal(zoneName({ ...nothing, link: undefined }), 'UTC'));

  it('is that of TZ before all others; a rule has none', () => {
    const link = `${ZONES}/Asia/Tokyo`;
    for (const [variable, name] of [
      ['Europe/Berlin', 'Europe/Berlin'],
      [':Europe/Berlin', 'Europe/Berlin'],
      [`:${ZONES}/Europe/Berlin`, 'Europe/Berlin'],
      ['', 'UTC'],
      ['CET-1CEST,M3.5.0,M10.5.0/3', ''],
      ['<+05>-5', ''],
      ['EST5', ''],
    ] as const) {
      assert.equal(zoneName({ ...nothing, variable, link }), name, variable);
    }
  });

  it('is found for every zone of the database', (t) => {
    const index = `${ZONES}/tzdata.zi`;
    if (!existsSync(index)) return t.skip(`no ${index}`);
    const names = Array.from(readFileSync(index, 'utf8').matchAll(/^(?:Z|L \S+) (\S+)/gm), ([, name = '']) => name);
    assert.ok(names.length > 300);
    for (const name of names) assert.equal(zoneName({ ...nothing, link: `${ZONES}/${name}` }), name);
  });
});

describe('the standard offset', () => {
  const zone = process.env.TZ;
  after(() => setZone(zone));
  const summer = 1_720_000_000n; // 3 July 2024
  const winter = 1_736_000_000n; // 4 January 2025

  for (const [name, minutes] of [
    ['Europe/Prague', 60],
    ['Europe/Dublin', 0],
    ['America/New_York', -300],
    ['America/St_Johns', -210],
    ['Australia/Adelaide', 570],
    ['Australia/Lord_Howe', 630],
    ['Asia/Kathmandu', 345],
    ['Africa/Casablanca', 60],
    ['America/Santiago', -240],
    ['UTC', 0],
  ] as const) {
    it(`of ${name} is ${minutes} minutes in summer and winter`, (t) => {
      if (!existsSync(`${ZONES}/${name}`)) return t.skip(`no ${ZONES}/${name}`);
      setZone(name);
      const offsetAt = (seconds: bigint) => localTime(seconds).offsetSeconds;
      assert.equal(standardOffset(summer, offsetAt), minutes * 60);
      assert.equal(standardOffset(winter, offsetAt), minutes * 60);
    });
  }

  it('of a zone that has moved is the new one', () => {
    const moved = 1_709_000_000n;
    const offsetAt = (seconds: bigint) => (seconds < moved ? 21_600 : 18_000);
    assert.equal(standardOffset(moved + 86_400n, offsetAt), 18_000);
    assert.equal(
      standardOffset(moved + 86_400n, (seconds) => 43_200 - offsetAt(seconds)),
      25_200,
    );
  });

  it('and the name are read afresh', () => {
    setZone('Asia/Tokyo');
    assert.deepEqual(linuxClock.standardTimezone(), { name: 'Asia/Tokyo', offsetSeconds: 32_400 });
    setZone('CET-1CEST,M3.5.0,M10.5.0/3');
    assert.deepEqual(linuxClock.standardTimezone(), { name: '', offsetSeconds: 3600 });
  });
});

function setZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
}
