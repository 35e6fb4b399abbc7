import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULTS } from '#system-agent/config/config.ts';
import { formatConfig, formatSample } from '#system-agent/config/format.ts';
import { readConfiguration } from '#system-agent/config/read.ts';
import { SETTINGS } from '#system-agent/config/settings.ts';
import { fixtureFiles } from '#test/fakes/files.ts';

const FILE = '/etc/uga/uga.conf';
const readBack = (text: string) => readConfiguration({ files: fixtureFiles({ [FILE]: text }), environment: {} });

describe('what is made from the table of settings', () => {
  it('the sample sets nothing', () => {
    const { origins, problems } = readBack(formatSample());
    assert.deepEqual(problems, []);
    assert.deepEqual(new Set(Object.values(origins)), new Set(['default']));
  });

  it('the sample without its comment marks is the defaults', () => {
    const { config, problems } = readBack(formatSample().replace(/^#(?=\S)/gm, ''));
    assert.deepEqual(problems, []);
    assert.deepEqual(config, DEFAULTS);
  });

  it('every setting has a row, and every row a sentence', () => {
    assert.deepEqual(new Set(SETTINGS.map(({ name }) => name as string)), new Set(Object.keys(DEFAULTS)));
    for (const { key, help } of SETTINGS) assert.match(help, /^[A-Z].*\.$/, key);
  });

  it('what is dumped gives the same again', () => {
    const config = {
      ...DEFAULTS,
      qga: { kind: 'virtio-device', path: '/dev/vport1p1' },
      blockRpcs: ['guest-exec', 'guest-ping'],
      allowRpcs: [],
      allowUids: [0, 1000],
      ignoredNics: [],
      honourOriginals: false,
    } as const;
    assert.deepEqual(readBack(formatConfig(config)).config, config);
  });
});
