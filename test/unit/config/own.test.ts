import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { localFiles } from '#system-agent/config/files.ts';
import { formatProblem } from '#system-agent/config/findings.ts';
import { readConfiguration } from '#system-agent/config/read.ts';
import { fixtureFiles } from '#test/fakes/files.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const MAIN = '/etc/uga/uga.conf';
const read = (tree: Parameters<typeof fixtureFiles>[0], file?: string) =>
  readConfiguration({ file, files: fixtureFiles(tree), environment: {} });
const complaints = (...from: Parameters<typeof read>) => read(...from).problems.map(formatProblem);

describe('our own configuration', () => {
  it('is the defaults when there is no file, and says so', () => {
    const { config, origins, problems } = read({});
    assert.deepEqual(config.qga, { kind: 'virtio', name: 'org.qemu.guest_agent.0' });
    assert.equal(origins.qga, 'default');
    assert.deepEqual(problems, []);
  });

  it('a later file replaces values, and every value knows its line', () => {
    const { config, origins } = read({
      [MAIN]: '[ovirt]\nheart_beat_rate=7\nignored_nics = docker0 br-1, veth0\n',
      [`${MAIN}.d/b.conf`]: '[ovirt]\n\nheart_beat_rate=9\n',
      [`${MAIN}.d/a.conf`]: '[ovirt]\nheart_beat_rate=8\n',
      [`${MAIN}.d/c.conf.bak`]: 'nonsense',
    });
    assert.equal(config.heartbeatSeconds, 9);
    assert.equal(origins.heartbeatSeconds, `${MAIN}.d/b.conf:3`);
    assert.deepEqual(config.ignoredNics, ['docker0', 'br-1', 'veth0']);
  });

  it('lists of commands add up over files and over lines of one file', () => {
    const { config, origins, restrictions } = read({
      [MAIN]: '[qga]\nblock-rpcs=guest-exec;guest-file-open\nblock-rpcs=guest-ping\nallow-rpcs=guest-info,guest-ping\n',
      [`${MAIN}.d/a.conf`]: '[qga]\nallow-rpcs=guest-ping\n',
    });
    assert.deepEqual(config.blockRpcs, ['guest-exec', 'guest-file-open', 'guest-ping']);
    assert.deepEqual(config.allowRpcs, ['guest-ping']);
    assert.equal(origins.allowRpcs, `${MAIN}:4, ${MAIN}.d/a.conf:2`);
    assert.deepEqual(
      restrictions.map(({ kind, place }) => [kind, place]),
      [
        ['block', `${MAIN}:2`],
        ['block', `${MAIN}:3`],
        ['allow', `${MAIN}:4`],
        ['allow', `${MAIN}.d/a.conf:2`],
      ],
    );
  });

  it('what may cross a clipboard is read, also that nothing may', () => {
    const rows = 'direction=to-guest\nkinds=images, text\nmax-size=20\nmax-text-size=1';
    const { config } = read({ [MAIN]: `[clipboard]\n${rows}\n` });
    assert.deepEqual(
      [config.clipboardDirection, config.clipboardKinds, config.clipboardMebibytes, config.clipboardTextMebibytes],
      ['to-guest', ['text', 'images'], 20, 1],
    );
    assert.deepEqual(read({ [MAIN]: '[clipboard]\nkinds=\n' }).config.clipboardKinds, []);
  });

  it('allow lists that share nothing allow nothing', () => {
    const { config } = read({ [MAIN]: '[qga]\nallow-rpcs=guest-ping\nallow-rpcs=guest-info\n' });
    assert.deepEqual(config.allowRpcs, []);
  });

  for (const [text, complaint] of [
    ['[qga]\nbogus=1', `${MAIN}:2: [qga] bogus: unknown key`],
    ['[nonsense]\nqga=off', `${MAIN}:2: [nonsense] qga: unknown key`],
    ['[channels]\nqga', `${MAIN}:2: neither a [group] nor key=value: 'qga'`],
    ['qga=off', `${MAIN}:1: key 'qga' stands before any [group]`],
    ['[qga]\nblock-rpcs=guest-*', `${MAIN}:2: [qga] block-rpcs: 'guest-*' is no name of a command`],
    ['[ovirt]\nheart_beat_rate=0', `${MAIN}:2: [ovirt] heart_beat_rate: '0' is no number of seconds from 1 to 3600`],
    ['[ovirt]\nignored_nics=a/b', `${MAIN}:2: [ovirt] ignored_nics: 'a/b' is no name of a network interface`],
    [
      '[clipboard]\ndirection=in',
      `${MAIN}:2: [clipboard] direction: 'in' is no direction; expected both, to-guest, to-host, off`,
    ],
    [
      '[clipboard]\nkinds=text html',
      `${MAIN}:2: [clipboard] kinds: 'html' is no kind of content; expected text, images`,
    ],
    ['[clipboard]\nmax-size=101', `${MAIN}:2: [clipboard] max-size: '101' is no number from 1 to 100`],
    ['[originals]\nhonour=perhaps', `${MAIN}:2: [originals] honour: 'perhaps' is neither yes nor no`],
    ['[link]\npath=x', `${MAIN}:2: [link] path: 'x' is not an absolute path`],
    ['[link]\nallow-uid=-1', `${MAIN}:2: [link] allow-uid: '-1' is no list of user ids`],
    ['[log]\nlevel=loud', `${MAIN}:2: [log] level: 'loud' is no log level; expected error, warn, info, debug`],
  ] as const) {
    it(`${JSON.stringify(text)} is an error with file, line and key`, () => {
      assert.deepEqual(complaints({ [MAIN]: text }), [complaint]);
    });
  }

  it('a file that was asked for must be there, and all mistakes are told at once', () => {
    assert.deepEqual(complaints({}, '/x.conf'), ['/x.conf: no such file']);
    assert.equal(complaints({ [MAIN]: '[a]\nb=1\nc=2\n' }).length, 2);
    assert.deepEqual(complaints({ [MAIN]: null }), [`${MAIN}: cannot be read: permission denied`]);
  });

  it('a file that others may write is refused', () => {
    const file = `${MAIN}.d/a.conf`;
    const { config, problems } = read({ [file]: { text: '[channels]\nqga=off', untrusted: 'belongs to user 7' } });
    assert.equal(config.qga.kind, 'virtio');
    assert.deepEqual(problems, [{ severity: 'error', place: file, text: 'belongs to user 7: not read' }]);
  });
});

describe('configuration files of this machine', () => {
  const scratch = temporaryFolder();
  after(() => scratch[Symbol.dispose]());
  const at = (name: string) => path.join(scratch.path, name);

  it('for root, a file that others may write is not trusted', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, () => {
    writeFileSync(at('own'), 'x');
    writeFileSync(at('open'), 'x');
    chmodSync(at('open'), 0o664);
    assert.deepEqual(localFiles(0).read(at('own')), { text: 'x' });
    assert.deepEqual(localFiles(0).read(at('open')), { text: 'x', untrusted: 'may be written by others' });
    assert.deepEqual(localFiles(1000).read(at('open')), { text: 'x' });
  });

  it('a folder, too much and no text are errors; nothing and /dev/null are not', () => {
    mkdirSync(at('folder'));
    writeFileSync(at('large'), 'x'.repeat(256 * 1024 + 1));
    writeFileSync(at('binary'), 'a\0b');
    symlinkSync('/dev/null', at('masked'));
    const files = localFiles(1000);
    assert.throws(() => files.read(at('folder')), /is no file/);
    assert.throws(() => files.read(at('large')), /larger than 256 KiB/);
    assert.throws(() => files.read(at('binary')), /no text/);
    assert.deepEqual(files.read(at('masked')), { text: '' });
    assert.equal(files.read(at('missing')), undefined);
    assert.deepEqual(files.list(at('missing')), []);
  });

  it('a folder of too many files is an error', () => {
    mkdirSync(at('many'));
    for (let index = 0; index <= 256; index++) writeFileSync(at(`many/${index}`), '');
    assert.throws(() => localFiles().list(at('many')), /more than 256 files/);
  });
});
