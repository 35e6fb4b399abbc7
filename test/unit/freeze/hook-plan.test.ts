import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfiguration } from '#system-agent/config/read.ts';
import { hookPlaces } from '#system-agent/freeze/hooks/places.ts';
import { planHooks, type Seen } from '#system-agent/freeze/hooks/plan.ts';
import type { SeenFile } from '#system-agent/hooks/files.ts';
import { isHookName } from '#system-agent/hooks/names.ts';
import { objectionTo, type Step } from '#system-agent/hooks/owner.ts';
import { fixtureFiles } from '#test/fakes/files.ts';

const SCRIPT = '/etc/qemu/fsfreeze-hook';
const file = (path: string, parts: Partial<SeenFile> = {}): SeenFile => ({
  path,
  real: path,
  executable: true,
  ...parts,
});
const beside = (name: string, parts?: Partial<SeenFile>) => file(`${SCRIPT}.d/${name}`, parts);
const own = (name: string, parts?: Partial<SeenFile>) => file(`/etc/uga/freeze.d/${name}`, parts);
const script = (there: boolean, required = false) => ({
  path: SCRIPT,
  required,
  file: there ? file(SCRIPT) : undefined,
});

describe('which freeze hooks run, in which order', () => {
  const nothing: Seen = { script: undefined, scriptFolder: [], directory: [] };
  for (const [situation, seen, expected] of [
    ['nothing is there', nothing, []],
    [
      'our folder by name, without backups and what cannot be executed',
      { ...nothing, directory: [own('10-a'), own('20-b~'), own('30-c', { executable: false }), own('40-d.dpkg-old')] },
      ['10-a'],
    ],
    [
      "a script runs its folder's programs by itself",
      { script: script(true), scriptFolder: [beside('x')], directory: [own('y')] },
      ['fsfreeze-hook', 'y'],
    ],
    [
      'a folder that has outlived its script',
      { script: script(false), scriptFolder: [beside('b'), beside('c.rpmsave')], directory: [own('a')] },
      ['b', 'a'],
    ],
    [
      'a script that was asked for is not replaced by its folder',
      { script: script(false, true), scriptFolder: [beside('x')], directory: [] },
      ['fsfreeze-hook'],
    ],
    [
      'what the script runs is left out of our folder, whatever it is called there',
      {
        script: script(true),
        scriptFolder: [beside('x', { real: '/opt/db/hook' })],
        directory: [own('db', { real: '/opt/db/hook' }), own('all', { real: SCRIPT }), own('z')],
      },
      ['fsfreeze-hook', 'z'],
    ],
    [
      'two names of one program in our folder are two hooks',
      { ...nothing, directory: [own('10-db1', { real: '/opt/hook' }), own('20-db2', { real: '/opt/hook' })] },
      ['10-db1', '20-db2'],
    ],
  ] as const satisfies readonly (readonly [string, Seen, readonly string[]])[]) {
    it(situation, () => {
      assert.deepEqual(
        planHooks(seen).map(({ path }) => path.split('/').at(-1)),
        expected,
      );
    });
  }

  it('with a script all that it runs must be trusted', () => {
    const seen = { script: script(true), scriptFolder: [beside('x'), beside('y.bak')], directory: [] };
    assert.deepEqual(planHooks(seen), [{ path: SCRIPT, runs: [SCRIPT, `${SCRIPT}.d/x`] }]);
  });

  it('names of backups and hidden files are no hooks', () => {
    const names = ['a~', 'a.bak', 'a.orig', 'a.rpmnew', 'a.rpmorig', 'a.rpmsave', 'a.sample', 'a.dpkg-new', '.a'];
    assert.deepEqual(names.filter(isHookName), []);
    assert.deepEqual(['a', 'a.sh', '10-bak', 'sample'].filter(isHookName).length, 4);
  });
});

const step = (path: string, parts: Partial<Step> = {}): Step => ({
  path,
  kind: 'folder',
  uid: 0,
  mode: 0o755,
  ...parts,
});

describe('who may have written a hook', () => {
  const hook = step('/etc/h', { kind: 'file' });
  for (const [situation, steps, expected] of [
    ['root alone', [step('/'), step('/etc'), hook], undefined],
    ['a file of somebody else', [step('/'), { ...hook, uid: 7 }], '/etc/h belongs to user 7'],
    ['a file that its group may write', [{ ...hook, mode: 0o775 }], '/etc/h may be written by others'],
    ['a file that all may write', [{ ...hook, mode: 0o757 }], '/etc/h may be written by others'],
    ['a folder that all may write, sticky', [step('/tmp', { mode: 0o1777 }), hook], '/tmp may be written by others'],
    ['a folder of somebody else', [step('/home/a', { uid: 7 }), hook], '/home/a belongs to user 7'],
    ["root's link, whose mode says nothing", [step('/l', { kind: 'link', mode: 0o777 }), hook], undefined],
    ["somebody else's link", [step('/l', { kind: 'link', uid: 7 }), hook], '/l belongs to user 7'],
    ['a pipe', [{ ...hook, kind: 'other' }], '/etc/h is no file'],
    ['a folder', [step('/etc')], '/etc is no file'],
  ] as const satisfies readonly (readonly [string, readonly Step[], string | undefined])[]) {
    it(situation, () => assert.equal(objectionTo(steps, 0), expected));
  }
});

describe('where hooks are, by the configuration', () => {
  const RED_HAT = '/etc/sysconfig/qemu-ga';
  const places = (tree: Record<string, string>) => hookPlaces(readConfiguration({ files: fixtureFiles(tree) }));

  it('our folder, and no script that nobody switched on', () => {
    assert.deepEqual(places({ [SCRIPT]: '' }), { script: undefined, directory: '/etc/uga/freeze.d' });
  });

  it('the script that qemu-ga was told, which may be gone', () => {
    const told = { '/etc/qemu/qemu-ga.conf': '[general]\nfsfreeze-hook=/opt/hook\n' };
    assert.deepEqual(places(told).script, { path: '/opt/hook', required: false });
    assert.deepEqual(places({ [RED_HAT]: `FSFREEZE_HOOK_PATHNAME=${SCRIPT}\n` }).script?.path, SCRIPT);
  });

  it('our own file has the last word', () => {
    const told = { [RED_HAT]: `FSFREEZE_HOOK_PATHNAME=${SCRIPT}\n` };
    const own = (text: string) => places({ ...told, '/etc/uga/uga.conf': `[freeze]\n${text}\n` });
    assert.equal(own('hook=off').script, undefined);
    assert.deepEqual(own('hook=/opt/x').script, { path: '/opt/x', required: true });
    assert.equal(own('hooks-directory=off').directory, undefined);
  });
});
