import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileBegin, fileWrite } from '#protocol/ipc/messages/files.ts';
import { UserInbox } from '#session-agent/files/inbox.ts';
import { FilesService } from '#session-agent/files/service.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** Set for the copies of this file that run as another process: what they are to do, and their home. */
const DOES = 'UGA_TEST_DOES';
const { [DOES]: does, HOME: home = '' } = process.env;

/** @returns what the copy prints */
function elsewhere(what: string, home: string, around: readonly string[] = []): string {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const [file = '', ...args] = [...around, process.execPath, process.argv[1] ?? ''];
  const { stdout, stderr } = spawnSync(file, args, {
    env: { ...environment, HOME: home, [DOES]: what },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return stdout === '' ? stderr : stdout;
}

const UNSHARE = ['unshare', '--user', '--map-root-user', '--mount'];

if (does === undefined) {
  describe('what an agent that was killed has left', () => {
    it('is removed by the next one, and nothing else is: not what another still writes', async () => {
      using home = temporaryFolder();
      const { file, folder } = await new UserInbox({ HOME: home.path }).receive('download');
      const ours = readdirSync(folder);
      assert.match(elsewhere('killed', home.path), /writing/);
      const left = readdirSync(folder).filter((name) => !ours.includes(name));
      assert.equal(left.length, 1);
      const kept = ['.uga-partial-0123456789abcde', 'x.uga-partial-0123456789abcdef', '.uga-partial-0123456789abcdee'];
      for (const name of kept.slice(0, 2)) writeFileSync(path.join(folder, name), 'mine');
      symlinkSync(path.join(folder, ...left), path.join(folder, '.uga-partial-0123456789abcdee'));
      assert.equal(elsewhere('clean', home.path), '1');
      assert.deepEqual(readdirSync(folder).sort(), [...kept, ...ours].sort());
      await file.discard();
    });

    it('is nothing where none has received a file', async () => {
      using home = temporaryFolder();
      assert.equal(await new UserInbox({ HOME: home.path }).clean(), 0);
    });
  });

  describe('a disk that fills up', () => {
    const possible = spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']);

    it('ends the file that no longer fits, with what is free, and keeps nothing of it', (t) => {
      if (possible.status !== 0) return t.skip('needs mount namespaces for everybody');
      using home = temporaryFolder();
      mkdirSync(path.join(home.path, 'Downloads'));
      assert.deepEqual(JSON.parse(elsewhere('fill', home.path, UNSHARE)), {
        fault: 'space',
        why: 'ENOSPC',
        isFreeTold: true,
        left: ['other'],
      });
    });
  });
} else if (does === 'clean') {
  process.stdout.write(`${await new UserInbox({ HOME: home }).clean()}`);
} else if (does === 'killed') {
  const { file } = await new UserInbox({ HOME: home }).receive('download');
  await file.write([Buffer.from('half')]);
  process.stdout.write('writing');
  await new Promise((resolve) => setImmediate(resolve));
  process.kill(process.pid, 'SIGKILL');
} else {
  const downloads = path.join(home, 'Downloads');
  assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', downloads]).status, 0);
  const link = new FakeSystemSide();
  const service = new FilesService({
    inbox: new UserInbox({ HOME: home }),
    show: async () => {},
    link,
    log: silent,
  });
  await service.start();
  const begun = await link.ask(fileBegin, { transfer: 1, name: 'a', size: 800_000, folder: 'download' });
  assert.equal(begun.fault, undefined);
  writeFileSync(path.join(downloads, 'other'), Buffer.alloc(700_000));
  let outcome = begun;
  for (let piece = 0; piece < 12 && outcome.fault === undefined; piece++) {
    outcome = await link.ask(fileWrite, { transfer: 1, data: Buffer.alloc(65_536) });
  }
  const { fault, why, free } = outcome;
  await until(() => readdirSync(downloads).length === 1);
  const left = readdirSync(downloads);
  process.stdout.write(JSON.stringify({ fault, why, isFreeTold: free !== undefined, left }));
  await service.stop();
}
