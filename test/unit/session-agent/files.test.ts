import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileBegin, fileDrop, fileEnd, fileWrite, MAX_TRANSFERS } from '#protocol/ipc/messages/files.ts';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { UserInbox } from '#session-agent/files/inbox.ts';
import { PartialFile } from '#session-agent/files/partial.ts';
import { type Arrived, FilesService } from '#session-agent/files/service.ts';
import { showArrived } from '#session-agent/files/show.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';

/** A session agent's files in a home of its own. */
async function receive() {
  const home = temporaryFolder();
  const link = new FakeSystemSide();
  const shown: Arrived[] = [];
  const inbox = new UserInbox({ HOME: home.path });
  const service = new FilesService({ inbox, show: async (arrived) => void shown.push(arrived), link, log: silent });
  await service.start();
  const begin = (transfer: number, name: string, size: number, folder = 'download') =>
    link.ask(fileBegin, { transfer, name, size, folder });
  const write = (transfer: number, data: string) => link.ask(fileWrite, { transfer, data: Buffer.from(data) });
  const end = (transfer: number, more = false) => link.ask(fileEnd, { transfer, more, whenDone: 'notify' });
  const downloads = path.join(home.path, 'Downloads');
  const send = async (transfer: number, name: string, content: string) => {
    await begin(transfer, name, content.length);
    if (content !== '') await write(transfer, content);
    return end(transfer);
  };
  return {
    ...{ home, link, shown, service, begin, write, end, send, downloads },
    files: () => readdirSync(downloads).sort(),
    async [Symbol.asyncDispose]() {
      await service.stop();
      home[Symbol.dispose]();
    },
  };
}

describe('received files', () => {
  it("are the user's alone, in a folder that is made for them, and never there in part", async () => {
    await using to = await receive();
    assert.deepEqual(await to.begin(1, 'a.txt', 6), { fault: undefined, free: undefined, why: undefined });
    await to.write(1, 'abc');
    assert.match(to.files().join(), /^\.uga-partial-[0-9a-f]{16}$/);
    await to.write(1, 'def');
    assert.equal((await to.end(1)).fault, undefined);
    assert.deepEqual(to.files(), ['a.txt']);
    const file = path.join(to.downloads, 'a.txt');
    assert.equal(readFileSync(file, 'utf8'), 'abcdef');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(to.downloads).mode & 0o777, 0o700);
  });

  it('are whole whatever pieces they come in, and however many at once', async () => {
    await using to = await receive();
    const pieces = ['a', '', 'bc', 'd'.repeat(70_000), '', 'e'];
    const content = pieces.join('');
    await to.begin(1, 'a.txt', content.length);
    const outcomes = await Promise.all(pieces.map((piece) => to.write(1, piece)));
    assert.ok(outcomes.every(({ fault }) => fault === undefined));
    assert.equal((await to.end(1)).fault, undefined);
    assert.equal(readFileSync(path.join(to.downloads, 'a.txt'), 'utf8'), content);
  });

  it('take the place of nothing: a file, a link that leads nowhere, a folder', async () => {
    await using to = await receive();
    mkdirSync(to.downloads);
    const outside = path.join(to.home.path, 'outside');
    writeFileSync(path.join(to.downloads, 'a.txt'), 'mine');
    symlinkSync(outside, path.join(to.downloads, 'a (1).txt'));
    mkdirSync(path.join(to.downloads, 'a (2).txt'));
    assert.equal((await to.send(1, 'a.txt', 'x')).fault, undefined);
    assert.deepEqual(to.files(), ['a (1).txt', 'a (2).txt', 'a (3).txt', 'a.txt']);
    assert.equal(readFileSync(path.join(to.downloads, 'a.txt'), 'utf8'), 'mine');
    assert.throws(() => statSync(outside));
    assert.deepEqual(to.shown, [{ folder: to.downloads, names: ['a (3).txt'], whenDone: 'notify' }]);
  });

  it('may be empty, and may be many at once', async () => {
    await using to = await receive();
    assert.equal((await to.send(1, 'empty', '')).fault, undefined);
    await Promise.all(Array.from({ length: 40 }, (_, id) => to.send(id + 2, 'same', `${id}`)));
    const contents = to.files().map((name) => readFileSync(path.join(to.downloads, name), 'utf8'));
    assert.deepEqual(contents.sort(), ['', ...Array.from({ length: 40 }, (_, id) => `${id}`)].sort());
  });

  it('leave nothing behind when they are dropped, longer or shorter than was said, or their right or link goes', async () => {
    const ends: Record<string, (to: Awaited<ReturnType<typeof receive>>) => Promise<unknown> | unknown> = {
      drop: ({ link }) => link.ask(fileDrop, { transfer: 1 }),
      longer: async ({ write }) => assert.equal((await write(1, 'abcdefgh')).fault, 'failed'),
      shorter: async ({ end }) => assert.equal((await end(1)).fault, 'failed'),
      right: ({ link }) => link.say(sessionRights, { served: true, clipboard: false, files: false }),
      link: ({ link }) => link.goDown(),
      stop: ({ service }) => service.stop(),
    };
    for (const [name, end] of Object.entries(ends)) {
      await using to = await receive();
      await to.begin(1, 'a', 5);
      await to.write(1, 'abc');
      assert.equal(to.files().length, 1, name);
      await end(to);
      await until(() => to.files().length === 0, name);
      if (name !== 'stop') assert.equal((await to.write(1, 'x')).fault, 'failed', name);
      assert.deepEqual(to.shown, []);
    }
  });

  it('are refused beyond a number, without a path, with too little space, and where the user may not write', async () => {
    await using to = await receive();
    assert.equal((await to.begin(0, 'a', 1, 'elsewhere')).fault, 'failed');
    const { fault, free } = await to.begin(0, 'a', Number.MAX_SAFE_INTEGER);
    assert.equal(fault, 'space');
    assert.ok(free !== undefined && free > 0);
    writeFileSync(path.join(to.home.path, 'file'), '');
    assert.deepEqual((await to.begin(0, 'a', 1, '~/file')).why, 'ENOTDIR');
    assert.equal((await to.begin(0, 'a', 1, '/proc/nothing')).fault, 'failed');
    for (let id = 1; id <= MAX_TRANSFERS; id++) assert.equal((await to.begin(id, 'a', 1)).fault, undefined);
    assert.equal((await to.begin(500, 'a', 1)).fault, 'too-many');
    assert.equal((await to.begin(1, 'a', 1)).fault, 'failed');
  });

  it('were promised their space: what others are still to bring is not free', async () => {
    await using to = await receive();
    const { free = 0 } = await to.begin(1, 'a', Number.MAX_SAFE_INTEGER);
    const half = Math.floor(free * 0.6);
    assert.equal((await to.begin(2, 'a', half)).fault, undefined);
    assert.equal((await to.begin(3, 'b', half)).fault, 'space');
  });

  it('are shown once, when the last of them is there', async () => {
    await using to = await receive();
    await to.begin(1, 'a', 1);
    await to.begin(2, 'b', 1);
    await to.write(1, 'x');
    await to.end(1, true);
    assert.deepEqual(to.shown, []);
    await to.link.ask(fileDrop, { transfer: 2 });
    assert.deepEqual(
      to.shown.map(({ names }) => names),
      [['a']],
    );
  });
});

it('a file stays in its folder when the path to it is exchanged', async () => {
  using home = temporaryFolder();
  const folder = path.join(home.path, 'in');
  const file = await PartialFile.create(folder);
  renameSync(folder, `${folder}.moved`);
  symlinkSync('/', folder);
  await file.write([Buffer.from('x')]);
  assert.equal(await file.finish('a'), 'a');
  assert.deepEqual(readdirSync(`${folder}.moved`), ['a']);
});

describe('the desktop', () => {
  const arrived = (whenDone: string, ...names: string[]): Arrived => ({ folder: '/home/a/$(x) & y', names, whenDone });

  async function shownBy(one: Arrived, opener?: string) {
    const started: unknown[] = [];
    const notices: unknown[] = [];
    const programs = {
      start: (argv: readonly string[]) => {
        started.push(argv);
        return { ended: Promise.resolve(0), kill: () => {} };
      },
    };
    await showArrived(one, { programs, notify: async (notice) => void notices.push(notice), opener });
    return { started, notices };
  }

  it('CVE-2017-15108: is opened with the folder as an argument, whatever it is called', async () => {
    assert.deepEqual(await shownBy(arrived('open', 'a'), '/usr/bin/xdg-open'), {
      started: [['/usr/bin/xdg-open', '/home/a/$(x) & y']],
      notices: [],
    });
  });

  it('is told of one file by its name and of several by their number, or of none', async () => {
    const text = async (one: Arrived) => (await shownBy(one)).notices;
    assert.deepEqual(await text(arrived('notify', 'a')), [{ title: 'File received', text: 'a → /home/a/$(x) & y' }]);
    assert.deepEqual(await text(arrived('notify', 'a', 'b')), [
      { title: 'Files received', text: '2 files → /home/a/$(x) & y' },
    ]);
    assert.deepEqual(await text(arrived('nothing', 'a')), []);
    assert.deepEqual(await text(arrived('a newer word', 'a')), []);
  });
});
