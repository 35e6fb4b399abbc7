import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { openWithin } from '#system-agent/files/within.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND } = constants;
const SECRET = 'not for hosts';
const PUBLIC = 'for hosts';

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());
const top = folder.path;
const place = path.join(top, 'place');
const inPlace = (name: string) => path.join(place, name);
mkdirSync(inPlace('deep/er'), { recursive: true });
mkdirSync(path.join(top, 'outside'));
mkdirSync(path.join(top, 'place-beside'));
for (const name of ['outside/secret', 'outside/single', 'place-beside/secret'])
  writeFileSync(path.join(top, name), SECRET);
for (const name of ['plain', 'deep/er/plain']) writeFileSync(inPlace(name), PUBLIC);

async function read(file: string, places = [place], flags = O_RDONLY): Promise<string> {
  const descriptor = await openWithin(places, file, flags);
  try {
    const bytes = Buffer.alloc(100);
    return bytes.toString('utf8', 0, await descriptor.read(bytes));
  } finally {
    await descriptor.close();
  }
}

/** The reason of the refusal, or the name of the system's error. */
async function refusal(file: string, places?: string[], flags?: number): Promise<string> {
  try {
    return `opened: ${await read(file, places, flags)}`;
  } catch (error) {
    return error instanceof AgentError ? error.message : (errnoOf(error) ?? messageOf(error));
  }
}

describe('a file in its place', () => {
  it('is read, deeper down too, and where the place is the file itself', async () => {
    assert.equal(await read(inPlace('plain')), PUBLIC);
    assert.equal(await read(inPlace('deep/er/plain')), PUBLIC);
    assert.equal(await read(inPlace('plain'), [inPlace('plain')]), PUBLIC);
    assert.equal(await read(inPlace('plain'), [path.join(top, 'nowhere'), place]), PUBLIC);
  });

  it('is made, cut, and appended to, with the mode that hosts get', async () => {
    const file = inPlace('made');
    const write = async (text: string, flags: number) => {
      const descriptor = await openWithin([place], file, O_WRONLY | O_CREAT | flags);
      await descriptor.write(Buffer.from(text));
      await descriptor.close();
    };
    await write('one', O_TRUNC);
    assert.equal(statSync(file).mode & 0o777, 0o666);
    chmodSync(file, 0o600);
    await write('two', O_APPEND);
    assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['onetwo', 0o600]);
    await write('3', O_TRUNC);
    assert.equal(readFileSync(file, 'utf8'), '3');
  });

  it('that is not there is not there', async () => {
    assert.equal(await refusal(inPlace('nothing')), 'ENOENT');
    assert.equal(await refusal(inPlace('nothing/at/all'), [place], O_WRONLY | O_CREAT), 'ENOENT');
    assert.equal(existsSync(inPlace('nothing')), false);
  });
});

describe('attacks on a place', () => {
  symlinkSync(path.join(top, 'outside/secret'), inPlace('link'));
  symlinkSync('../outside', inPlace('link-folder'));
  symlinkSync('plain', inPlace('link-inside'));
  symlinkSync('/', inPlace('link-root'));
  symlinkSync(path.join(top, 'outside/made-by-host'), inPlace('dangling'));
  symlinkSync(place, path.join(top, 'link-to-place'));
  linkSync(path.join(top, 'outside/secret'), inPlace('hard'));
  spawnSync('mkfifo', [inPlace('fifo')]);

  const LINK = 'a symbolic link is not followed';
  const FOLDER = 'a link or file stands where a folder must be';
  const NOWHERE = 'it is in no place that may be opened';
  for (const [name, file, expected] of [
    ['a link to a file', inPlace('link'), LINK],
    ['a link that stays inside', inPlace('link-inside'), LINK],
    ['a link to a folder', inPlace('link-folder/secret'), FOLDER],
    ['a link to the root', inPlace(`link-root${top}/outside/secret`), FOLDER],
    ['a file for a folder', inPlace('plain/x'), FOLDER],
    ['..', `${place}/../outside/secret`, NOWHERE],
    ['.. further down', `${place}/deep/../../outside/secret`, NOWHERE],
    ['.', `${place}/./plain`, NOWHERE],
    ['a folder beside it whose name begins alike', path.join(top, 'place-beside/secret'), NOWHERE],
    ['another name of the place', path.join(top, 'link-to-place/plain'), NOWHERE],
    ['a hard link', inPlace('hard'), 'the file has other names too (hard links)'],
    ['a folder', inPlace('deep'), 'it is no plain file'],
    ['a pipe', inPlace('fifo'), 'it is no plain file'],
    ['the place', place, 'it is no plain file'],
  ] as const) {
    it(`${name} is refused, to read, write and make`, async () => {
      for (const flags of [O_RDONLY, O_WRONLY, O_WRONLY | O_CREAT | O_TRUNC]) {
        assert.equal(await refusal(file, [place], flags), expected);
      }
      assert.equal(readFileSync(path.join(top, 'outside/secret'), 'utf8'), SECRET);
    });
  }

  it('a link on the way to the place itself is refused', async () => {
    const through = path.join(top, 'link-to-place');
    assert.equal(await refusal(path.join(through, 'plain'), [through]), FOLDER);
  });

  it('a dangling link makes nothing where it points', async () => {
    assert.equal(await refusal(inPlace('dangling'), [place], O_WRONLY | O_CREAT), LINK);
    assert.equal(existsSync(path.join(top, 'outside/made-by-host')), false);
  });

  it('/proc/self/root and open descriptors lead nowhere', async () => {
    const secret = path.join(top, 'outside/secret');
    assert.equal(await refusal(`/proc/self/root${secret}`), NOWHERE);
    for (const places of [['/proc'], ['/']]) {
      assert.match(await refusal(`/proc/self/root${secret}`, places), /^(a link or file|another file system)/);
      assert.match(
        await refusal(`/proc/${process.pid}/root${secret}`, places),
        /^(a link or file|another file system)/,
      );
    }
    assert.equal(await refusal(`/proc/${process.pid}/fd/0`, ['/proc']), LINK);
  });

  it('leaves no descriptor open, whatever was refused', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (const name of ['link', 'link-folder/secret', 'hard', 'deep', 'nothing', 'plain']) await refusal(inPlace(name));
    assert.equal(open(), before);
  });
});

/** Puts a folder and a link to another one in its place by turns, as quickly as it can. */
const SWAP = `
const { renameSync, symlinkSync } = require('node:fs');
const [place, outside] = process.argv.slice(1);
symlinkSync(outside, place + '/spare');
process.stdout.write('ready');
for (;;) {
  renameSync(place + '/swapped', place + '/away'); renameSync(place + '/spare', place + '/swapped');
  renameSync(place + '/swapped', place + '/spare'); renameSync(place + '/away', place + '/swapped');
}`;

/** The same with a file that is read and a link to the secret. */
const SWAP_FILE = SWAP.replaceAll('/swapped', '/file');

describe('renames in between', () => {
  for (const [what, script, file, target, made] of [
    ['of a folder on the way', SWAP, 'swapped/secret', 'outside', 'swapped'],
    ['of the file', SWAP_FILE, 'file', 'outside/secret', undefined],
  ] as const) {
    it(`${what} never open what is outside`, async () => {
      const own = path.join(top, `race-${file.replace('/', '-')}`);
      mkdirSync(path.join(own, made ?? '.'), { recursive: true });
      writeFileSync(path.join(own, file), PUBLIC);
      const attacker = spawn(process.execPath, ['-e', script, own, path.join(top, target)], {
        stdio: ['ignore', 'pipe', 2],
      });
      try {
        await new Promise((resolve) => attacker.stdout?.once('data', resolve));
        const seen = new Map<string, number>();
        for (let attempt = 0; attempt < 500; attempt++) {
          const result = await refusal(path.join(own, file), [own]);
          seen.set(result, (seen.get(result) ?? 0) + 1);
        }
        assert.ok(![...seen.keys()].some((result) => result.includes(SECRET)), JSON.stringify([...seen]));
        assert.equal(readFileSync(path.join(top, 'outside/secret'), 'utf8'), SECRET);
      } finally {
        attacker.kill('SIGKILL');
      }
    });
  }
});

describe('mounts', () => {
  const UNSHARE = ['--user', '--map-root-user', '--mount', '--propagation', 'private'];
  const isInside = process.env.UGA_TEST_MOUNTS !== undefined;
  const isPossible = isInside || spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

  it('a bind mount of a folder, of a file, and a file system of its own are not entered', {
    skip: isPossible ? false : 'this user cannot make namespaces',
  }, async () => {
    if (!isInside) {
      // The same file again, in a mount namespace of its own.
      const again = spawnSync(
        'unshare',
        [...UNSHARE, process.execPath, '--test-name-pattern', 'a bind mount', process.argv[1] ?? ''],
        { encoding: 'utf8', env: { ...process.env, UGA_TEST_MOUNTS: '1', NODE_TEST_CONTEXT: '' } },
      );
      assert.equal(again.status, 0, again.stdout + again.stderr);
      assert.match(again.stdout, /pass [1-9]/);
      return;
    }
    mkdirSync(inPlace('mounted'));
    writeFileSync(inPlace('mounted-file'), PUBLIC);
    mkdirSync(inPlace('tmpfs'));
    const mount = (...words: string[]) => assert.equal(spawnSync('mount', words).status, 0);
    mount('--bind', path.join(top, 'outside'), inPlace('mounted'));
    mount('--bind', path.join(top, 'outside/single'), inPlace('mounted-file'));
    mount('-t', 'tmpfs', 'none', inPlace('tmpfs'));
    writeFileSync(inPlace('tmpfs/file'), PUBLIC);
    assert.equal(readFileSync(inPlace('mounted/secret'), 'utf8'), SECRET, 'it is mounted');
    const OTHER = 'another file system is mounted on the way';
    assert.equal(await refusal(inPlace('mounted/secret')), OTHER);
    assert.equal(await refusal(inPlace('mounted-file')), OTHER);
    assert.equal(await refusal(inPlace('tmpfs/file')), OTHER);
    assert.equal(await read(inPlace('tmpfs/file'), [inPlace('tmpfs')]), PUBLIC, 'a place may be on a mount of its own');
    for (const name of ['mounted', 'mounted-file', 'tmpfs']) spawnSync('umount', [inPlace(name)]);
  });
});
