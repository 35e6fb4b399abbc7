import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from '#test/support/programs.ts';
import { noDesktop } from '../needs.ts';
import { SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { agentReady, Desktop, serves } from './desktop.ts';
import { activeSession, askForUser } from './logind.ts';
import { ours, sessionAgentsOf } from './pair.ts';

const DOWNLOADS = '/home/alice/Downloads';
const MEGABYTE = 1_000_000;
/** Under emulation, on a busy machine. */
const LARGE_MS = 180_000;
const SOON_MS = 30_000;

describe('files of a SPICE client, in the folder of the user at the screen', { skip: noDesktop }, () => {
  const folder = temporaryFolder();
  let desktop: Desktop;
  let client: SpiceClient;

  before(async () => {
    desktop = await Desktop.start(ours);
    client = desktop.client;
  });

  after(async () => {
    await client?.[Symbol.asyncDispose]();
    await desktop?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  /** A file of the client. @returns its path */
  function make(name: string, content: Uint8Array | string): string {
    const file = path.join(folder.path, name);
    writeFileSync(file, content);
    return file;
  }

  const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

  /** What is in the user's folder: names, and the sum of each file. */
  async function received(): Promise<Record<string, string>> {
    const text = await desktop.alice.run(
      `cd ${DOWNLOADS} && find . -type f -print0 | xargs -0r sha256sum -z | tr '\\0' '\\1'`,
    );
    const rows = text.split('\x01').filter((row) => row.trim() !== '');
    return Object.fromEntries(rows.map((row) => [row.slice(68), row.slice(0, 64)]));
  }

  async function empty(): Promise<void> {
    await desktop.guest.shell.run(`find ${DOWNLOADS} -mindepth 1 -delete`);
  }

  it('of no byte, one and a hundred million arrive as they are, as the user’s own', async () => {
    const contents: Readonly<Record<string, Uint8Array>> = {
      empty: new Uint8Array(),
      one: Buffer.from('x'),
      large: randomBytes(100 * MEGABYTE),
    };
    for (const [name, content] of Object.entries(contents)) {
      assert.deepEqual(await client.send([make(name, content)], LARGE_MS), { [name]: undefined });
    }
    assert.deepEqual(
      await received(),
      Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, sha256(content)])),
    );
    assert.equal(await desktop.alice.run(`stat -c %U:%a ${DOWNLOADS}/large`), 'alice:600');
    await empty();
  });

  it('five at once arrive whole', async () => {
    const contents = Array.from({ length: 5 }, (_, at) => [`file ${at}`, randomBytes(MEGABYTE + at)] as const);
    const ended = await client.send(contents.map(([name, content]) => make(name, content)));
    assert.deepEqual(ended, Object.fromEntries(contents.map(([name]) => [name, undefined])));
    assert.deepEqual(await received(), Object.fromEntries(contents.map(([name, content]) => [name, sha256(content)])));
    await empty();
  });

  it('that the client cancels leave nothing', async () => {
    const file = make('cancelled', randomBytes(100 * MEGABYTE));
    const sent = client.send([file], LARGE_MS);
    await hasPartial();
    await client.cancelSending();
    assert.notEqual((await sent).cancelled, undefined);
    // spice-gtk queues the word of it and now and then wakes its channel before that: it goes with the next one, whatever it is.
    await client.copy('clipboard', 'another word');
    await isEmpty();
  });

  it('of a client that is killed leave nothing, and the next client’s arrive', async () => {
    const sent = client.send([path.join(folder.path, 'cancelled')], LARGE_MS);
    sent.catch(() => {});
    await hasPartial();
    await client.kill();
    await isEmpty();
    await newClient();
    assert.deepEqual(await client.send([make('after', 'it')]), { after: undefined });
    await empty();
  });

  it('of an agent that is killed leave nothing once the next one runs', async () => {
    const sent = client.send([path.join(folder.path, 'cancelled')], LARGE_MS);
    await hasPartial();
    const [pid] = await sessionAgentsOf(desktop.guest.shell, ours, 'alice');
    await desktop.guest.shell.run(`kill -9 ${pid}`);
    assert.notEqual((await sent).cancelled, undefined);
    await isEmpty();
    await serves({ client }, desktop.alice);
  });

  it('that do not fit the disk are refused, and what was there stays', async () => {
    const { shell } = desktop.guest;
    await shell.run(`mount -t tmpfs -o size=4m,uid=alice,gid=alice,mode=0700 none ${DOWNLOADS}`);
    try {
      const ended = await client.send([make('too large', randomBytes(5 * MEGABYTE))]);
      assert.match(ended['too large'] ?? '', /space/i);
      assert.deepEqual(await client.send([make('small', 'fits')]), { small: undefined });
      assert.deepEqual(await received(), { small: sha256('fits') });
    } finally {
      await shell.run(`umount ${DOWNLOADS}`);
    }
  });

  it('with hostile names stay files of this folder, and are to be seen', async () => {
    const names = {
      '.bashrc': '_bashrc',
      '-rf': '-rf',
      '$(touch pwned)': '$(touch pwned)',
      "it's; touch pwned": "it's; touch pwned",
      'photo\u202egpj.exe': 'photo_gpj.exe',
      CON: 'CON',
      [`${'n'.repeat(251)}.txt`]: `${'n'.repeat(251)}.txt`,
      '..\\..\\windows': '_.\\..\\windows',
      ' leading space': ' leading space',
    };
    for (const name of Object.keys(names)) {
      assert.deepEqual(Object.values(await client.send([make(name, name)])), [undefined], name);
    }
    const expected = Object.entries(names).map(([name, given]) => [given, sha256(name)]);
    assert.deepEqual(await received(), Object.fromEntries(expected));
    for (const name of ['two\nlines', 'bell\x07']) {
      assert.notDeepEqual(Object.values(await client.send([make(name, 'x')])), [undefined], JSON.stringify(name));
    }
    assert.deepEqual(await received(), Object.fromEntries(expected));
    assert.equal(await desktop.guest.shell.run('ls /home/alice /tmp / | grep -c pwned || true'), '0');
    await empty();
  });

  it('are refused while the session is locked, and taken again after it', async () => {
    const { id } = await activeSession(desktop.guest.shell, 'alice');
    const lock = (locked: boolean) =>
      desktop.guest.shell.run(
        `busctl call org.freedesktop.login1 "$(busctl --json=short call org.freedesktop.login1 /org/freedesktop/login1 \
          org.freedesktop.login1.Manager GetSession s ${id} | sed 's/.*"\\(\\/[^"]*\\)".*/\\1/')" \
          org.freedesktop.login1.Session SetLockedHint b ${locked}`,
      );
    const file = make('locked out', 'x');
    await lock(true);
    await until(
      SOON_MS,
      'a refusal',
      async () => /lock/i.test(Object.values(await client.send([file]))[0] ?? '') || undefined,
    );
    await empty();
    assert.notDeepEqual(Object.values(await client.send([file])), [undefined]);
    assert.deepEqual(await received(), {});
    await lock(false);
    await until(
      SOON_MS,
      'the file',
      async () => Object.values(await client.send([file]))[0] === undefined || undefined,
    );
    await empty();
  });

  it('are refused at the greeter', async () => {
    const { shell } = desktop.guest;
    await askForUser(shell, 'bob');
    await activeSession(shell, 'lightdm');
    const file = make('for nobody', 'x');
    await until(
      SOON_MS,
      'a refusal',
      async () => Object.values(await client.send([file]))[0] !== undefined || undefined,
    );
    await empty();
    assert.notDeepEqual(Object.values(await client.send([file])), [undefined]);
    assert.equal(await shell.run("find /home /var/lib/lightdm /tmp -name 'for nobody*' -o -name '.uga-partial-*'"), '');
  });

  async function newClient(): Promise<void> {
    const socket = desktop.guest.socketOf('spice');
    client = await SpiceClient.start(socket, path.join(path.dirname(socket), 'client.log'));
    await agentReady(client);
  }

  /** Something of a file has come. */
  async function hasPartial(): Promise<void> {
    await until(SOON_MS, 'a part of the file', async () => {
      const { stdout } = await desktop.guest.shell.try(`find ${DOWNLOADS} -name '.uga-partial-*' -size +0`);
      return stdout !== '' || undefined;
    });
  }

  async function isEmpty(): Promise<void> {
    await until(SOON_MS, 'nothing to be left', async () => {
      return (await desktop.guest.shell.run(`ls -A ${DOWNLOADS}`)) === '' || undefined;
    });
  }
});
