import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runProgram } from '#shared/process/node.ts';
import { KeysFile } from '#system-agent/authorized-keys/keys-file.ts';
import { linuxAuthorizedKeys } from '#system-agent/authorized-keys/linux.ts';
import { KEYS_FACE } from '#system-agent/authorized-keys/wire.ts';
import { ourProgram } from '#test/support/agents.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';

/** A user that no machine has, with a home in a temporary folder. */
const USER = 54_321;
const OTHER = 54_322;
const needsRoot = process.geteuid?.() === 0 ? false : 'only root can act as a user';

/** A home, and a folder and file of somebody else's that the user would like to have written: open to everybody. */
class Scene implements Disposable {
  readonly #folder = temporaryFolder();
  readonly home = path.join(this.#folder.path, 'home');
  readonly ssh = path.join(this.home, '.ssh');
  readonly file = path.join(this.ssh, 'authorized_keys');
  readonly victim = path.join(this.#folder.path, 'victim');
  readonly victimFile = path.join(this.victim, 'authorized_keys');
  readonly keys = linuxAuthorizedKeys(
    runProgram,
    (face) => ourProgram(face).map((word) => (word.startsWith('dist/') ? path.resolve(word) : word)) as [string],
    async (name) => (name === 'nobody-here' ? undefined : { name, uid: USER, gid: USER, home: this.home }),
  );

  constructor() {
    chmodSync(this.#folder.path, 0o711);
    this.folder(this.home, USER, 0o755);
    this.folder(this.victim, OTHER, 0o777);
    this.text(this.victimFile, 'theirs\n', OTHER, 0o666);
  }

  folder(name: string, uid: number, mode: number): void {
    mkdirSync(name);
    chownSync(name, uid, uid);
    chmodSync(name, mode);
  }

  text(name: string, content: string, uid = USER, mode = 0o600): void {
    writeFileSync(name, content);
    chownSync(name, uid, uid);
    chmodSync(name, mode);
  }

  /** Nothing of the other user's has been read from, written to, put beside or taken away. */
  assertUntouched(): void {
    assert.equal(readFileSync(this.victimFile, 'utf8'), 'theirs\n');
    assert.deepEqual(readdirSync(this.victim), ['authorized_keys']);
    const { uid, mode } = statSync(this.victimFile);
    assert.deepEqual([uid, mode & 0o777], [OTHER, 0o666]);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

describe('keys of a user', { skip: needsRoot }, () => {
  it('are kept in a folder and a file of his own that nobody else can read', async () => {
    using scene = new Scene();
    await scene.keys.add('u', ['k1', 'ké'], { reset: false });
    assert.equal(readFileSync(scene.file, 'utf8'), 'k1\nké');
    for (const [name, mode] of [
      [scene.ssh, 0o700],
      [scene.file, 0o600],
    ] as const) {
      const stat = statSync(name);
      assert.deepEqual([stat.uid, stat.gid, stat.mode & 0o7777], [USER, USER, mode]);
    }
    await scene.keys.add('u', ['k1', 'k3'], { reset: false });
    assert.deepEqual(await scene.keys.list('u'), ['k1', 'ké', 'k3']);
    await scene.keys.remove('u', ['ké']);
    assert.equal(readFileSync(scene.file, 'utf8'), 'k1\nk3');
    await scene.keys.add('u', [], { reset: true });
    assert.equal(readFileSync(scene.file, 'utf8'), '');
    assert.deepEqual(readdirSync(scene.ssh), ['authorized_keys']);
  });

  it('bytes that are no UTF-8 stay what they are', async () => {
    using scene = new Scene();
    scene.folder(scene.ssh, USER, 0o700);
    writeFileSync(scene.file, Buffer.of(0xff, 0x0a, 0xe9));
    chownSync(scene.file, USER, USER);
    await scene.keys.add('u', ['k'], { reset: false });
    assert.deepEqual(readFileSync(scene.file), Buffer.of(0xff, 0x0a, 0xe9, 0x0a, 0x6b));
  });

  it('a user or file that is not there', async () => {
    using scene = new Scene();
    await assert.rejects(scene.keys.list('nobody-here'), {
      message: "failed to lookup user 'nobody-here': no such user",
    });
    await assert.rejects(scene.keys.list('u'), {
      message: `failed to read '${scene.file}': Failed to open file “${scene.file}”: No such file or directory`,
    });
    await scene.keys.remove('u', ['k']);
    assert.equal(existsSync(scene.ssh), false);
  });
});

const ATTACKS: Readonly<Record<string, (scene: Scene) => void>> = {
  'the folder is a link to another user': (scene) => symlinkSync(scene.victim, scene.ssh),
  'the folder is a link that leads nowhere': (scene) => symlinkSync(path.join(scene.victim, 'new'), scene.ssh),
  'the folder belongs to another user': (scene) => {
    scene.folder(scene.ssh, OTHER, 0o777);
  },
  'the folder is a file': (scene) => scene.text(scene.ssh, ''),
  'the file is a link to another user': (scene) => {
    scene.folder(scene.ssh, USER, 0o700);
    symlinkSync(scene.victimFile, scene.file);
  },
  'the file is a link that leads nowhere': (scene) => {
    scene.folder(scene.ssh, USER, 0o700);
    symlinkSync(path.join(scene.victim, 'new'), scene.file);
  },
  'the file is a pipe that nobody writes to': (scene) => {
    scene.folder(scene.ssh, USER, 0o700);
    execFileSync('mkfifo', ['-m', '666', scene.file]);
  },
  'the file is a folder': (scene) => {
    scene.folder(scene.ssh, USER, 0o700);
    scene.folder(scene.file, USER, 0o700);
  },
  'the file is of 8 GiB': (scene) => {
    scene.folder(scene.ssh, USER, 0o700);
    scene.text(scene.file, '');
    truncateSync(scene.file, 8 * 1024 ** 3);
  },
  'the home is a link that the user made': (scene) => {
    const real = `${scene.home}-real`;
    execFileSync('mv', [scene.home, real]);
    symlinkSync(real, scene.home);
    execFileSync('chown', ['-h', `${USER}`, scene.home]);
  },
  'the home is a link in a folder that others can write': (scene) => {
    chmodSync(path.dirname(scene.home), 0o777);
    execFileSync('mv', [scene.home, `${scene.home}-real`]);
    symlinkSync(scene.victim, scene.home);
  },
  'the home belongs to another user': (scene) => {
    chownSync(scene.home, OTHER, OTHER);
    chmodSync(scene.home, 0o777);
  },
  'the home is not there': (scene) => execFileSync('rmdir', [scene.home]),
};

describe('a user who lays traps for the keys', { skip: needsRoot }, () => {
  for (const [name, lay] of Object.entries(ATTACKS)) {
    it(`${name}: refused, and nothing of anybody else is touched`, async () => {
      using scene = new Scene();
      lay(scene);
      await assert.rejects(scene.keys.list('u'), { code: 'failed', message: /^failed to read / });
      await assert.rejects(scene.keys.add('u', ['k'], { reset: false }), { code: 'failed' });
      if (name !== 'the home is not there') await assert.rejects(scene.keys.remove('u', ['k']), { code: 'failed' });
      scene.assertUntouched();
    });
  }

  it('a link in the place of the file is replaced when all keys are', async () => {
    using scene = new Scene();
    scene.folder(scene.ssh, USER, 0o700);
    symlinkSync(scene.victimFile, scene.file);
    await scene.keys.add('u', ['k'], { reset: true });
    assert.equal(lstatSync(scene.file).isFile(), true);
    assert.equal(readFileSync(scene.file, 'utf8'), 'k');
    scene.assertUntouched();
  });

  it('a home behind a link of root is no trap', async () => {
    using scene = new Scene();
    execFileSync('mv', [scene.home, `${scene.home}-real`]);
    symlinkSync(`${path.basename(scene.home)}-real`, scene.home);
    await scene.keys.add('u', ['k'], { reset: false });
    assert.equal(readFileSync(`${scene.home}-real/.ssh/authorized_keys`, 'utf8'), 'k');
  });

  it('the helper acts for nobody but the user it runs as', async () => {
    const request = { uid: USER, home: '/', action: 'list', keys: [] };
    const input = Buffer.from(JSON.stringify(request));
    const [file, script = '', face = ''] = ourProgram(KEYS_FACE);
    const result = await runProgram([file, path.resolve(script), face], { timeoutMs: 20_000, input });
    assert.deepEqual(JSON.parse(result.output), { error: 'the helper for keys does not run as their user' });
  });

  /** Swaps folder and file for links to the other user's, as fast as it can. */
  const SWAP = `
    const fs = require('node:fs');
    const [ssh, victim, victimFile] = process.argv.slice(1);
    const quietly = (f) => { try { f(); } catch {} };
    for (;;) {
      quietly(() => fs.renameSync(ssh, ssh + '-real'));
      quietly(() => fs.symlinkSync(victim, ssh));
      quietly(() => fs.unlinkSync(ssh));
      quietly(() => fs.renameSync(ssh + '-real', ssh));
      quietly(() => fs.unlinkSync(ssh + '/authorized_keys'));
      quietly(() => fs.symlinkSync(victimFile, ssh + '/authorized_keys'));
      quietly(() => fs.unlinkSync(ssh + '/authorized_keys'));
    }`;

  /** A user's process that swaps until it is disposed. */
  const swapping = (scene: Scene) =>
    new Program([
      ...(['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', process.execPath] as const),
      ...['-e', SWAP, scene.ssh, scene.victim, scene.victimFile],
    ]);

  it('swapped under thousands of calls, by a process that could follow every link: nothing else is touched', async () => {
    using scene = new Scene();
    scene.folder(scene.ssh, USER, 0o700);
    await using swapper = swapping(scene);
    let [done, refused] = [0, 0];
    // Here as root, so that only the way of walking stands between the link and the other user's file.
    const file = new KeysFile(scene.home, USER);
    for (const end = Date.now() + 60_000; (done < 2000 || refused < 50) && Date.now() < end; ) {
      try {
        file.write('ours');
        assert.notEqual(file.readIfThere(), 'theirs\n');
        done++;
      } catch (error) {
        assert.match(String(error), /^AgentError: failed to /);
        refused++;
      }
    }
    assert.equal(swapper.running, true, swapper.stderr);
    assert.ok(done > 0 && refused > 0, `${done} done, ${refused} refused: no race was run`);
    scene.assertUntouched();
  });

  it('swapped under calls of the daemon: each is answered, and nothing else is touched', async () => {
    using scene = new Scene();
    scene.folder(scene.ssh, USER, 0o700);
    await using swapper = swapping(scene);
    for (let call = 0; call < 25; call++) {
      await scene.keys.add('u', [`k${call}`], { reset: call % 2 === 0 }).catch((error: unknown) => {
        assert.match(String(error), /^AgentError: failed to /);
      });
    }
    assert.equal(swapper.running, true, swapper.stderr);
    scene.assertUntouched();
  });
});
