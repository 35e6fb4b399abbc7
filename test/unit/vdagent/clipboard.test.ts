import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ClipboardType,
  clipboardGrab,
  clipboardRead,
  clipboardRelease,
  type Selection,
} from '#protocol/ipc/messages/clipboard.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

type Open = Awaited<ReturnType<typeof openDoor>>;

const selection = 'clipboard';
const text = { selection, type: 'text' } as const;
const none = ['clipboard', { selection, type: 'none', data: '' }];
const content = (data: string) => ['clipboard', { ...text, data }];
const grab = (serial: number, where: Selection = selection) => [
  'clipboard-grab',
  { selection: where, serial, types: ['text'] },
];
const release = ['clipboard-release', { selection }];
/** The session was told of the client's grab, the one with this number. */
const offered = (serial = 1) => ({ name: 'clipboard.grab', body: { selection, types: ['text'], serial, age: 0 } });
const withdrawn = { name: 'clipboard.release', body: { selection } };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An application of the session copies `data`. */
function copy({ session }: Pick<Open, 'session'>, data: string): void {
  session.answer(clipboardRead, () => ({ stream: session.offer(data), why: undefined }));
  session.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
}

/** An application of the session pastes. @returns what it got */
async function paste({ session }: Pick<Open, 'session'>, type: ClipboardType = 'text', maxBytes = 1000) {
  const { stream } = await session.ask(clipboardRead, { selection, type, maxBytes });
  return session.taken(stream);
}

describe('SPICE clipboard: from the guest', () => {
  it('is announced, and read when the client asks, not before', async () => {
    const open = await openDoor();
    copy(open, 'hello');
    assert.deepEqual(await open.heard(), [grab(0)]);
    assert.deepEqual(open.session.take(), []);
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [content('hello')]);
  });

  it('may be empty, which is content', async () => {
    const open = await openDoor();
    copy(open, '');
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [grab(0), content('')]);
  });

  it('is announced again without a release in between', async () => {
    const open = await openDoor();
    copy(open, 'one');
    copy(open, 'two');
    assert.deepEqual(await open.heard(), [grab(0), grab(1)]);
  });

  it('is released when the session has it no more', async () => {
    const open = await openDoor();
    copy(open, 'one');
    open.session.say(clipboardRelease, { selection });
    open.session.say(clipboardRelease, { selection });
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [grab(0), release, none]);
  });

  it('answers none to what nobody has announced, types beyond the protocol included', async () => {
    const open = await openDoor();
    open.host.send('clipboard-request', text);
    copy(open, 'x');
    open.host.send('clipboard-request', { selection, type: 'png' });
    open.host.sendRaw(8, Buffer.from('0000000063000000', 'hex'));
    open.host.send('clipboard-request', { selection: 'primary', type: 'text' });
    assert.deepEqual(await open.heard(), [
      none,
      grab(0),
      none,
      none,
      ['clipboard', { selection: 'primary', type: 'none', data: '' }],
    ]);
  });

  it('answers each request once, and asks the session once for those that come together', async () => {
    const open = await openDoor();
    copy(open, 'x');
    await open.heard();
    for (let i = 0; i < 5; i++) open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), Array(5).fill(content('x')));
    assert.equal(open.session.take().length, 1);
  });

  it('answers none when the session cannot or will not give it', async () => {
    const open = await openDoor();
    copy(open, 'x');
    for (const answer of [
      () => ({ stream: undefined, why: 'the application does not answer' }),
      () => ({ stream: 4711, why: undefined }),
      () => Promise.reject(new Error('gone')),
    ]) {
      open.session.answer(clipboardRead, answer);
      await open.heard();
      open.host.send('clipboard-request', text);
      assert.deepEqual(await open.heard(), [none]);
    }
  });

  it('does not answer with the content of a copy that was made later', async () => {
    const open = await openDoor();
    let finish = () => {};
    copy(open, 'old');
    open.session.answer(
      clipboardRead,
      () => new Promise((resolve) => (finish = () => resolve({ stream: open.session.offer('old'), why: undefined }))),
    );
    open.host.send('clipboard-request', text);
    copy(open, 'new');
    finish();
    assert.deepEqual(await open.heard(), [grab(0), none, grab(1)]);
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [content('new')]);
  });

  it('is never longer than the client takes; the limit itself is not too long', async () => {
    const open = await openDoor();
    copy(open, '12345');
    await open.heard();
    open.host.send('max-clipboard', { maxBytes: 5 });
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [content('12345')]);
    assert.deepEqual(open.session.take()[0]?.body, { ...text, maxBytes: 5, direct: true });
    open.host.send('max-clipboard', { maxBytes: 4 });
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [none]);
    open.host.announce(true); // the next client has no limit
    open.host.send('clipboard-request', text);
    assert.deepEqual((await open.heard()).at(-1), content('12345'));
  });

  it('goes out whole and in chunks, however slowly the host reads', async () => {
    const open = await openDoor({ highWater: 100 });
    const long = 'y'.repeat(300_000);
    copy(open, long);
    await open.heard();
    open.host.send('clipboard-request', text);
    await settled();
    open.host.send('monitors-config', {
      hasPositions: false,
      monitors: [{ width: 1, height: 1, x: 0, y: 0, depth: 32 }],
    });
    open.host.send('clipboard-request', text);
    const seen: unknown[] = [];
    while (seen.length < 3) seen.push(...(await open.heard()));
    assert.deepEqual(
      seen.map((message) => (message as [string])[0]),
      ['clipboard', 'reply', 'clipboard'],
      'a short answer goes ahead of content that waits, not into content that has begun',
    );
    assert.deepEqual(seen[2], content(long));
  });

  it('offers a new client what was copied before it came, with serials from the beginning', async () => {
    const open = await openDoor();
    copy(open, 'x');
    copy(open, 'y');
    await open.heard();
    open.host.announce(true);
    assert.deepEqual((await open.heard()).slice(1), [grab(0)]);
    open.host.announce(false);
    assert.deepEqual(await open.heard(), []);
  });
});

describe('SPICE clipboard: from the client', () => {
  async function withGrab(stage?: Parameters<typeof openDoor>[0]) {
    const open = await openDoor(stage);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    assert.deepEqual(open.session.take(), [offered()]);
    return open;
  }

  it('is offered to the session, and asked for when an application pastes', async () => {
    const open = await withGrab();
    assert.deepEqual(await open.heard(), []);
    const pasted = paste(open);
    assert.deepEqual(await open.heard(), [['clipboard-request', text]]);
    open.host.send('clipboard', { ...text, data: Buffer.from('hello') });
    assert.equal(await pasted, 'hello');
  });

  it('is asked for once by applications that paste together', async () => {
    const open = await withGrab();
    const pastes = [paste(open), paste(open), paste(open)];
    assert.deepEqual(await open.heard(), [['clipboard-request', text]]);
    open.host.send('clipboard', { ...text, data: Buffer.from('x') });
    assert.deepEqual(await Promise.all(pastes), ['x', 'x', 'x']);
  });

  it('is nothing when the client says none, and may be asked for again', async () => {
    const open = await withGrab();
    const first = paste(open);
    open.host.send('clipboard', { selection, type: 'none', data: Buffer.alloc(0) });
    assert.equal(await first, undefined);
    const second = paste(open);
    open.host.send('clipboard', { ...text, data: Buffer.from('x') });
    assert.equal(await second, 'x');
    assert.equal((await open.heard()).length, 2);
  });

  it('is nothing when the client does not answer in time, and a message that is arriving is waited for', async () => {
    const open = await withGrab({ answerMs: 30 });
    assert.equal(await paste(open), undefined);
    const slow = paste(open, 'text', 10_000);
    const parts: Uint8Array[] = [];
    const say = open.channel.say.bind(open.channel);
    open.channel.say = (bytes) => void parts.push(bytes as Uint8Array);
    open.host.send('clipboard', { ...text, data: Buffer.alloc(4000, 'z') });
    const bytes = Buffer.concat(parts);
    say(bytes.subarray(0, 3000));
    await new Promise((resolve) => setTimeout(resolve, 200));
    say(bytes.subarray(3000));
    assert.equal((await slow)?.length, 4000);
  });

  it('is not for applications when it is longer than they take, or than we do', async () => {
    const open = await withGrab({ clipboard: { maxBytes: { text: 50, images: 50 } }, answerMs: 30 });
    const short = paste(open, 'text', 4);
    open.host.send('clipboard', { ...text, data: Buffer.from('12345') });
    assert.equal(await short, undefined);
    const long = paste(open);
    open.host.send('clipboard', { ...text, data: Buffer.alloc(51) });
    assert.equal(await long, undefined);
    assert.equal(open.door.protocolErrors.get('too-large'), 1);
  });

  it('is not asked for once the client has released it, and who waits gets nothing', async () => {
    const open = await withGrab();
    const waiting = paste(open);
    open.host.send('clipboard-release', { selection });
    assert.equal(await waiting, undefined);
    assert.deepEqual(open.session.take(), [withdrawn]);
    assert.equal(await paste(open), undefined);
    assert.equal((await open.heard()).length, 1);
  });

  it('does not give a late answer to somebody who asked for what was copied since', async () => {
    const open = await withGrab();
    const old = paste(open);
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['text'] });
    assert.equal(await old, undefined);
    const fresh = paste(open);
    open.host.send('clipboard', { ...text, data: Buffer.from('old') });
    open.host.send('clipboard', { ...text, data: Buffer.from('new') });
    assert.equal(await fresh, 'new');
  });

  it('frees what waits when the asker gives up, the client goes or the host does', async () => {
    const open = await withGrab();
    const giveUp = new AbortController();
    const given = open.session.ask(clipboardRead, { ...text, maxBytes: 1 }, giveUp.signal);
    giveUp.abort();
    assert.equal((await given).stream, undefined);
    const first = paste(open);
    open.host.send('client-disconnected', {}, 'server');
    assert.equal(await first, undefined);
    assert.deepEqual(open.session.take(), [withdrawn]);
    open.host.announce(true);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    const second = paste(open);
    open.channel.disconnect();
    assert.equal(await second, undefined);
    assert.deepEqual(open.session.take(), [offered(2), withdrawn]);
  });

  it('is not offered when the session can use none of its types, and no longer offered then', async () => {
    const open = await withGrab();
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['file-list'] });
    assert.deepEqual(open.session.take(), [withdrawn]);
    open.host.send('clipboard-grab', { selection, serial: 2, types: [] });
    assert.deepEqual(open.session.take(), []);
  });

  it('has lists of files neither offered nor asked for; what is beside them crosses', async () => {
    const open = await withGrab();
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['file-list', 'text'] });
    assert.deepEqual(open.session.take(), [offered(2)]);
    const pasted = paste(open);
    assert.deepEqual(await open.heard(), [['clipboard-request', text]]);
    open.host.send('clipboard', { selection, type: 'file-list', data: Buffer.from('copy\0/.spice-clipboard/x/y\0') });
    assert.equal(await pasted, undefined); // no answer to what was asked
  });

  it('counts content that nobody asked for, and keeps none of it', async () => {
    const open = await withGrab();
    open.host.send('clipboard', { ...text, data: Buffer.from('x') });
    assert.equal(open.door.protocolErrors.get('unasked-content'), 1);
  });
});

describe('SPICE clipboard: who was last', () => {
  it('a grab of the client that crosses ours wins, one that ours has overtaken does not', async () => {
    const open = await openDoor();
    copy(open, 'a'); // 0
    copy(open, 'b'); // 1
    await open.heard();
    open.session.take();
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    assert.deepEqual(open.session.take(), []);
    assert.equal(open.door.protocolErrors.get('stale-grab'), 1);
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['text'] });
    assert.deepEqual(open.session.take(), [offered()]);
    copy(open, 'c');
    assert.deepEqual(await open.heard(), [grab(2)]);
  });

  it('selections count for themselves', async () => {
    const open = await openDoor();
    copy(open, 'a');
    open.session.say(clipboardGrab, { selection: 'primary', types: ['text'], serial: undefined, age: undefined });
    assert.deepEqual(await open.heard(), [grab(0), grab(0, 'primary')]);
  });

  it('a client without serials wins whenever it grabs, and one without selections has only the clipboard', async () => {
    const open = await openDoor({ capabilities: ['clipboard-by-demand'] });
    open.session.say(clipboardGrab, { selection: 'primary', types: ['text'], serial: undefined, age: undefined });
    copy(open, 'a');
    copy(open, 'b');
    const bare = ['clipboard-grab', { selection, types: ['text'] }];
    assert.deepEqual(await open.heard(), [bare, bare]);
    open.host.send('clipboard-grab', { selection, types: ['text'] });
    assert.deepEqual(open.session.take(), [offered()]);
    open.host.send('clipboard-release', { selection });
    copy(open, 'c');
    open.session.say(clipboardRelease, { selection });
    assert.deepEqual(await open.heard(), [bare, release]);
  });

  it('nothing is said to a client that knows no clipboard by demand', async () => {
    const open = await openDoor({ capabilities: ['reply'] });
    copy(open, 'a');
    open.host.send('clipboard-request', { selection, type: 'text' });
    open.host.send('clipboard-grab', { selection, types: ['text'] });
    assert.deepEqual(await open.heard(), []);
    assert.equal(await paste(open), undefined);
  });
});

describe('SPICE clipboard: rights', () => {
  it('a lock releases what the guest has, and an unlock grabs it again', async () => {
    const open = await openDoor();
    copy(open, 'secret');
    await open.heard();
    open.sessionLink.serve(open.agent, { isLocked: true });
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [release, none]);
    assert.deepEqual(open.session.take(), []);
    open.sessionLink.serve(open.agent);
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [grab(1), content('secret')]);
  });

  it('what is copied while locked is announced after it', async () => {
    const open = await openDoor();
    open.sessionLink.serve(open.agent, { isLocked: true });
    copy(open, 'x');
    assert.deepEqual(await open.heard(), []);
    open.sessionLink.serve(open.agent);
    assert.deepEqual(await open.heard(), [grab(0)]);
  });

  it('what the client copied before a session was served is offered once the session has nothing of its own', async () => {
    const open = await openDoor();
    open.sessionLink.serve(undefined);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    await open.heard();
    const next = new FakeSessionAgent('c2');
    open.sessionLink.serve(next);
    assert.deepEqual(next.link.take(), []);
    next.link.say(clipboardRelease, { selection });
    assert.deepEqual(next.link.take(), [offered()]);
  });

  it('what the client copied since the session did wins over what the session has when it is served', async () => {
    const open = await openDoor();
    open.sessionLink.serve(undefined);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    await open.heard();
    const next = new FakeSessionAgent('c2');
    open.sessionLink.serve(next);
    next.link.say(clipboardGrab, { selection, types: ['text'], serial: 0, age: 60_000 });
    assert.deepEqual(next.link.take(), [offered()]);
    next.link.say(clipboardGrab, { selection, types: ['text'], serial: 0, age: 0 }); // crosses the offer
    assert.deepEqual(next.link.take(), []);
  });

  it('what a session has copied last when it is served wins over what the client copied before', async () => {
    const open = await openDoor();
    open.sessionLink.serve(undefined);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    await open.heard();
    const next = new FakeSessionAgent('c2');
    open.sessionLink.serve(next);
    next.link.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
    assert.deepEqual(await open.heard(), [grab(1)]);
    next.link.say(clipboardRelease, { selection });
    assert.deepEqual(next.link.take(), []);
  });

  it("a session that comes after a switch is offered the client's clipboard, and what was released is not", async () => {
    const open = await openDoor();
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    await open.heard();
    assert.deepEqual(open.session.take(), [offered()]);
    const next = new FakeSessionAgent('c2');
    open.sessionLink.serve(next);
    assert.deepEqual(open.session.take(), [withdrawn]);
    next.link.say(clipboardRelease, { selection });
    assert.deepEqual(next.link.take(), [offered(2)]);
    open.sessionLink.serve(undefined);
    open.host.send('clipboard-release', { selection });
    await open.heard();
    const third = new FakeSessionAgent('c3');
    open.sessionLink.serve(third);
    third.link.say(clipboardRelease, { selection });
    assert.deepEqual(third.link.take(), []);
  });

  it('a grab of the client while locked is ignored but counted', async () => {
    const open = await openDoor();
    open.sessionLink.serve(open.agent, { isLocked: true });
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    assert.equal(await paste(open), undefined);
    assert.deepEqual(open.session.take(), []);
    open.sessionLink.serve(open.agent);
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['text'] });
    assert.deepEqual(open.session.take(), [offered()]);
  });

  it('a lock takes back what the client has offered', async () => {
    const open = await openDoor();
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    const waiting = paste(open);
    open.session.take();
    open.sessionLink.serve(open.agent, { isLocked: true });
    assert.equal(await waiting, undefined);
    assert.deepEqual(open.session.take(), [withdrawn]);
  });

  it('a content that was asked for before a lock is not given after it', async () => {
    const open = await openDoor();
    copy(open, 'secret');
    let finish = () => {};
    open.session.answer(
      clipboardRead,
      () =>
        new Promise((resolve) => (finish = () => resolve({ stream: open.session.offer('secret'), why: undefined }))),
    );
    open.host.send('clipboard-request', text);
    open.sessionLink.serve(open.agent, { isLocked: true });
    open.sessionLink.serve(open.agent);
    finish();
    assert.deepEqual(await open.heard(), [grab(0), none, release, grab(1)]);
  });

  it('another session gives nothing until it has copied itself, and gets nothing of what was offered before', async () => {
    const open = await openDoor();
    copy(open, 'secret');
    open.host.send('clipboard-grab', { selection: 'primary', serial: 0, types: ['text'] });
    await open.heard();
    open.session.take();
    const next = new FakeSessionAgent('c2');
    next.link.answer(clipboardRead, () => ({ stream: next.link.offer('of another'), why: undefined }));
    open.sessionLink.serve(next);
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [release, none]);
    assert.deepEqual(open.session.take(), [{ name: 'clipboard.release', body: { selection: 'primary' } }]);
    assert.deepEqual(next.link.take(), []);
    copy({ session: next.link }, 'own');
    open.host.send('clipboard-request', text);
    assert.deepEqual(await open.heard(), [grab(1), content('own')]);
    assert.equal(
      open.session.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined }),
      false,
    );
  });

  it('the same session gives its own again after a switch only when it says so', async () => {
    const open = await openDoor();
    copy(open, 'x');
    open.sessionLink.serve(undefined);
    open.sessionLink.serve(open.agent);
    assert.deepEqual(await open.heard(), [grab(0), release]);
    copy(open, 'x');
    assert.deepEqual(await open.heard(), [grab(1)]);
  });

  it('types that the session did not promise to handle are neither offered nor announced', async () => {
    const open = await openDoor();
    const plain = new FakeSessionAgent('c3', ['clipboard.text']);
    open.sessionLink.serve(plain);
    plain.link.say(clipboardGrab, { selection, types: ['png'], serial: undefined, age: undefined });
    assert.deepEqual(await open.heard(), []);
    const poor = new FakeSessionAgent('c2', ['monitors']);
    open.sessionLink.serve(poor);
    poor.link.say(clipboardGrab, { selection, types: ['text'], serial: undefined, age: undefined });
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    assert.deepEqual(await open.heard(), []);
    assert.deepEqual(poor.link.take(), []);
  });
});

describe('SPICE clipboard: images and what may cross', () => {
  const png = { selection, type: 'png' } as const;
  const copyBoth = (open: Open) =>
    open.session.say(clipboardGrab, { selection, types: ['text', 'png', 'bmp'], serial: undefined, age: undefined });

  it('every type is announced and asked for as itself, both ways', async () => {
    const open = await openDoor();
    const picture = Buffer.from([0x89, 0x50, 0, 0xff]);
    open.session.answer(clipboardRead, ({ type }) => ({
      stream: type === 'png' ? open.session.offer(picture) : undefined,
      why: undefined,
    }));
    copyBoth(open);
    open.host.send('clipboard-request', png);
    open.host.send('clipboard-request', { selection, type: 'tiff' });
    assert.deepEqual(await open.heard(), [
      ['clipboard-grab', { selection, serial: 0, types: ['text', 'png', 'bmp'] }],
      none,
      ['clipboard', { ...png, data: picture.toString() }],
    ]);
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['jpg', 'text', 'file-list'] });
    open.session.take();
    const pasted = paste(open, 'jpg');
    assert.deepEqual(await open.heard(), [['clipboard-request', { selection, type: 'jpg' }]]);
    open.host.send('clipboard', { selection, type: 'jpg', data: Buffer.from('picture') });
    assert.equal(await pasted, 'picture');
    assert.equal(await paste(open, 'png'), undefined);
  });

  it('text and image are asked for at the same time, and each answer finds its own', async () => {
    const open = await openDoor();
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text', 'png'] });
    const pastes = [paste(open, 'text'), paste(open, 'png')];
    open.host.send('clipboard', { ...png, data: Buffer.from('p') });
    open.host.send('clipboard', { ...text, data: Buffer.from('t') });
    assert.deepEqual(await Promise.all(pastes), ['t', 'p']);
  });

  it('a session without images is offered the text alone', async () => {
    const open = await openDoor();
    const plain = new FakeSessionAgent('c2', ['clipboard.text']);
    open.sessionLink.serve(plain);
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['png', 'text'] });
    assert.deepEqual(plain.link.take(), [offered()]);
  });

  it('kinds that may not cross are neither announced nor offered nor given', async () => {
    const open = await openDoor({ clipboard: { kinds: ['text'] } });
    copyBoth(open);
    open.host.send('clipboard-request', png);
    assert.deepEqual(await open.heard(), [grab(0), none]);
    open.host.send('clipboard-grab', { selection, serial: 1, types: ['png'] });
    open.host.send('clipboard-grab', { selection, serial: 2, types: ['png', 'text'] });
    assert.deepEqual(open.session.take(), [offered()]);
  });

  it('a direction that is closed is closed, and the other one is not', async () => {
    const inwards = await openDoor({ clipboard: { direction: 'to-guest' } });
    copy(inwards, 'secret');
    inwards.host.send('clipboard-request', text);
    assert.deepEqual(await inwards.heard(), [none]);
    inwards.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    assert.deepEqual(inwards.session.take(), [offered()]);
    const outwards = await openDoor({ clipboard: { direction: 'to-host' } });
    copy(outwards, 'x');
    assert.deepEqual(await outwards.heard(), [grab(0)]);
    outwards.session.take();
    outwards.host.send('clipboard-grab', { selection, serial: 1, types: ['text'] });
    assert.deepEqual(outwards.session.take(), []);
    assert.equal(await paste(outwards), undefined);
  });

  it('a clipboard that is off is not announced to be there', async () => {
    const open = await openDoor({ clipboard: { direction: 'off' }, greets: false });
    open.host.announce(true);
    const [announcement] = (await open.heard()) as [[string, { capabilities: Set<string> }]];
    assert.equal(announcement[1].capabilities.has('clipboard-by-demand'), false);
  });

  it('each kind has a limit of its own, both ways', async () => {
    const open = await openDoor({ clipboard: { maxBytes: { text: 3, images: 5 } } });
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text', 'png'] });
    const pastes = [paste(open, 'text'), paste(open, 'png')];
    open.host.send('clipboard', { ...text, data: Buffer.alloc(4) });
    open.host.send('clipboard', { ...png, data: Buffer.from('12345') });
    assert.deepEqual(await Promise.all(pastes), [undefined, '12345']);
    assert.equal(open.door.protocolErrors.get('too-large'), 1);
    const wanted: number[] = [];
    open.session.answer(clipboardRead, ({ maxBytes }) => {
      wanted.push(maxBytes);
      return { stream: undefined, why: undefined };
    });
    copyBoth(open);
    open.host.send('clipboard-request', text);
    open.host.send('clipboard-request', png);
    await open.heard();
    assert.deepEqual(wanted, [3, 5]);
  });
});

describe('a session that has to look for copies', () => {
  const wanted = (open: Open) =>
    open.session.take().flatMap(({ name, body }) => (name === 'clipboard.wanted' ? [body] : []));
  const features = ['clipboard.text', 'clipboard.polled'] as const;

  it('is told when a copy would reach somebody, and when not any more', async () => {
    const open = await openDoor({ features, greets: false });
    assert.deepEqual(wanted(open), []);
    open.host.announce(true);
    await open.heard();
    assert.deepEqual(wanted(open), [{ wanted: true }]);
    open.host.announce(true); // another client
    await open.heard();
    assert.deepEqual(wanted(open), [{ wanted: false }, { wanted: true }]);
    open.sessionLink.serve(open.agent, { isLocked: true });
    assert.deepEqual(wanted(open), [{ wanted: false }]);
  });

  it('is told nothing where copies do not cross to the host', async () => {
    const open = await openDoor({ features, clipboard: { direction: 'to-guest' } });
    await open.heard();
    assert.deepEqual(wanted(open), []);
  });

  it('is the only kind that is told', async () => {
    assert.deepEqual(wanted(await openDoor()), []);
  });
});
