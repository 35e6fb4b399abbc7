import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchMounts } from '#shared/native/mount-changes.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** Set for the copy of this file that runs where it may mount: in a namespace that ends with it. */
const INSIDE = 'UGA_TEST_MOUNT_NAMESPACE';
const UNSHARE = ['--user', '--map-root-user', '--mount'];

if (process.env[INSIDE] === undefined) {
  describe('changes of the mounts', () => {
    const possible = spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

    it('are reported when something comes and when it goes, and not without or after the end', (t) => {
      if (!possible) return t.skip('needs mount namespaces for everybody');
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      const { status, stdout, stderr } = spawnSync('unshare', [...UNSHARE, process.execPath, process.argv[1] ?? ''], {
        env: { ...environment, [INSIDE]: '1' },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 0, stderr);
      assert.equal(stdout.trim(), 'mount unmount');
    });
  });
} else {
  using folder = temporaryFolder();
  let changes = 0;
  const watch = watchMounts(() => changes++);
  await until(() => changes > 0, 'the report of the beginning');
  await sleep(50);
  assert.equal(changes, 1);
  const seen: string[] = [];
  const expectChange = async (what: string, program: string, ...words: string[]) => {
    const before = changes;
    execFileSync(program, words);
    await until(() => changes > before, what);
    seen.push(what);
  };
  await expectChange('mount', 'mount', '-t', 'tmpfs', 'none', folder.path);
  await expectChange('unmount', 'umount', folder.path);
  watch.close();
  watch.close();
  const last = changes;
  execFileSync('mount', ['-t', 'tmpfs', 'none', folder.path]);
  await sleep(50);
  assert.equal(changes, last);
  execFileSync('umount', [folder.path]);
  console.log(seen.join(' '));
}
