import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clipboardGrab, clipboardRead, SELECTIONS } from '#protocol/ipc/messages/clipboard.ts';
import { fileBegin, MAX_TRANSFERS } from '#protocol/ipc/messages/files.ts';
import { MAX_WAITING } from '#system-agent/vdagent/clipboard/machine.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

const selection = 'clipboard';
const text = { selection, type: 'text' } as const;
const grabOf = (types: readonly 'text'[]) => ({ selection, types, serial: undefined, age: undefined }) as const;

/**
 * Holes that other agents had, each by its name. Those of the session link are in test/peer/session-link/attacks.test.ts.
 */
describe('holes of other SPICE agents', () => {
  it('CVE-2020-25650, table flooding: transfers that are begun and begun fill no table', async () => {
    const open = await openDoor();
    const description = Buffer.from('[vdagent-file-xfer]\nname=x\nsize=1\n');
    for (let id = 0; id < 2000 && !open.channel.paused; id++) {
      open.host.send('file-transfer-start', { id, description });
      if (id % 100 === 0) await open.heard();
    }
    const heard = await open.heard();
    assert.ok(heard.every((message) => (message as [string])[0] === 'file-transfer-status'));
    assert.equal(open.door.isAtRest, true);
  });

  it('CVE-2020-25650, table flooding: nor do those that a session is slow to take; each beyond it is refused', async () => {
    const open = await openDoor();
    open.session.answer(fileBegin, () => new Promise(() => {}));
    const description = Buffer.from('[vdagent-file-xfer]\nname=x\nsize=1\n');
    for (let id = 0; id < 2 * MAX_TRANSFERS; id++) open.host.send('file-transfer-start', { id, description });
    const refused = (await open.heard()) as [string, { result: string; gioError: number }][];
    assert.deepEqual([refused.length, refused[0]?.[1].gioError], [MAX_TRANSFERS, 31]);
    assert.ok(open.session.take().length < 20, 'the session is asked for a few at a time');
  });

  it("CVE-2020-25651, id stealing: a session's word on a transfer of another session has nowhere to go", async () => {
    const open = await openDoor();
    let answer: (() => void) | undefined;
    const done = { fault: undefined, free: undefined, why: undefined };
    open.session.answer(fileBegin, () => new Promise((resolve) => (answer = () => resolve(done))));
    const description = Buffer.from('[vdagent-file-xfer]\nname=x\nsize=1\n');
    open.host.send('file-transfer-start', { id: 1, description });
    await open.heard();
    const next = new FakeSessionAgent('c2');
    next.link.answer(fileBegin, () => new Promise(() => {}));
    open.sessionLink.serve(next);
    open.host.send('file-transfer-start', { id: 1, description });
    answer?.(); // of the former session: it would open the transfer of the next
    assert.deepEqual(await open.heard(), [['file-transfer-status', { id: 1, result: 'cancelled' }]]);
  });

  it('CVE-2020-25651, id stealing: an agent that is not served answers nothing that another was asked', async () => {
    const open = await openDoor();
    open.session.say(clipboardGrab, grabOf(['text']));
    let answer: (() => void) | undefined;
    open.session.answer(
      clipboardRead,
      () =>
        new Promise((resolve) => {
          answer = () => resolve({ stream: open.session.offer('of the former session'), why: undefined });
        }),
    );
    open.host.send('clipboard-request', text);
    await open.heard();
    const next = new FakeSessionAgent('c2');
    open.sessionLink.serve(next);
    next.link.say(clipboardGrab, grabOf(['text']));
    next.link.answer(clipboardRead, () => ({ stream: next.link.offer('of the next'), why: undefined }));
    answer?.();
    open.session.say(clipboardGrab, grabOf(['text'])); // nobody listens to it any more
    open.host.send('clipboard-request', text);
    const contents = (await open.heard()).filter((message) => (message as [string])[0] === 'clipboard');
    assert.deepEqual(contents, [
      ['clipboard', { selection, type: 'none', data: '' }],
      ['clipboard', { ...text, data: 'of the next' }],
    ]);
  });

  it("CVE-2023-6683's mirror: what is asked for before anything was grabbed, or of an empty grab", async () => {
    const open = await openDoor();
    const askAll = async () => {
      for (const where of SELECTIONS) {
        for (let type = 0; type <= 7; type++) {
          const body = Buffer.from([SELECTIONS.indexOf(where), 0, 0, 0, type, 0, 0, 0]);
          open.host.sendRaw(8, body);
        }
      }
      const heard = (await open.heard()) as [string, { type: string }][];
      assert.deepEqual(
        heard.map(([name, { type }]) => `${name} ${type}`),
        Array(8 * SELECTIONS.length).fill('clipboard none'),
      );
    };
    await askAll();
    open.session.say(clipboardGrab, grabOf([]));
    await askAll();
    open.host.send('clipboard-grab', { selection, serial: 0, types: [] });
    await askAll();
    assert.deepEqual(open.session.take(), []);
  });

  it('table flooding: a client that asks and asks has one question put to the session, and each request an answer', async () => {
    const open = await openDoor();
    open.session.say(clipboardGrab, grabOf(['text']));
    open.session.answer(clipboardRead, () => ({ stream: open.session.offer('x'), why: undefined }));
    await open.heard();
    for (let request = 0; request < 500; request++) open.host.send('clipboard-request', text);
    assert.equal((await open.heard()).length, 500);
    assert.equal(open.session.take().length, 1);
  });

  it('table flooding: applications that paste and paste are answered at once beyond a few, and the client is asked once', async () => {
    const open = await openDoor();
    open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
    const pastes = Array.from({ length: 10 * MAX_WAITING }, () =>
      open.session.ask(clipboardRead, { ...text, maxBytes: 10 }),
    );
    const refused = await Promise.all(pastes.slice(MAX_WAITING));
    assert.ok(refused.every(({ stream }) => stream === undefined));
    assert.deepEqual(await open.heard(), [['clipboard-request', text]]);
    open.host.send('clipboard', { ...text, data: Buffer.from('x') });
    const given = await Promise.all(pastes.slice(0, MAX_WAITING));
    assert.ok(given.every(({ stream }) => stream !== undefined));
  });

  it('a client that comes and goes a thousand times leaves nothing of itself', async () => {
    const open = await openDoor();
    for (let client = 0; client < 1000; client++) {
      open.host.announce(true);
      open.host.send('clipboard-grab', { selection, serial: 0, types: ['text'] });
      void open.session.ask(clipboardRead, { ...text, maxBytes: 10 });
      open.host.send('client-disconnected', {}, 'server');
      if (client % 100 === 0) await open.heard();
    }
    await open.heard();
    assert.equal(open.door.isAtRest, true);
    open.host.announce(true);
    open.host.send('clipboard-request', text);
    const heard = (await open.heard()) as [string][];
    assert.equal(heard.at(-1)?.[0], 'clipboard');
  });
});
