import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { pointerPut } from '#protocol/ipc/messages/pointer.ts';
import { FakeSessionAgent } from '#test/fakes/served-session.ts';
import { openDoor } from '#test/support/vdagent-door.ts';

const LAYOUT = {
  width: 1800,
  height: 700,
  displays: [
    { id: 0, x: 0, y: 0, width: 1000, height: 600 },
    { id: 1, x: 1000, y: 100, width: 800, height: 600 },
  ],
};
const LEFT = 2;
const RIGHT = 8;
type Opened = Awaited<ReturnType<typeof openDoor>>;

/** A door without a device, before a session that moves its pointer. */
async function open() {
  const opened = await openDoor({ greets: false });
  opened.pointer.isAvailable = false;
  const { session, host, heard } = opened;
  session.answer(pointerPut, () => ({}));
  session.say(pointerLayout, LAYOUT);
  host.announce(true);
  await heard();
  session.take();
  const put = (x: number, y: number, buttons: number, displayId = 0) =>
    host.send('mouse-state', { x, y, buttons, displayId }, 'server');
  return { ...opened, put };
}

/** x, y and what is pressed of each frame that a session was told. */
function told(session: FakeSessionAgent['link']): string[] {
  const seen = session.take() as { body: { frames: { x: number; y: number; pressed: string[] }[] } }[];
  return seen.flatMap(({ body }) => body.frames.map(({ x, y, pressed }) => [`${x},${y}`, ...pressed].join(' ')));
}

describe('SPICE door: pointer of a session without a device', () => {
  it('goes where the host points on each display, clamped, and nowhere on one that is not there', async () => {
    const { session, put, heard } = await open();
    put(0, 0, 0);
    await heard();
    put(1000, 5000, LEFT);
    await heard();
    put(0, 0, LEFT, 1);
    await heard();
    put(799, 599, 0, 1);
    await heard();
    put(1, 1, RIGHT, 9);
    await heard();
    assert.deepEqual(told(session), ['0,0', '999,599 left', '1000,100 left', '1799,699']);
  });

  it('is offered to hosts while there is such a session, and no longer', async () => {
    const { sessionLink, heard, host, agent } = await open();
    const hasPointer = async () => {
      const [message] = (await heard()) as [[string, { capabilities: Set<string> }]];
      return message?.[1].capabilities.has('mouse-state');
    };
    host.announce(true);
    assert.equal(await hasPointer(), true);
    sessionLink.serve(undefined);
    assert.equal(await hasPointer(), false);
    sessionLink.serve(new FakeSessionAgent('wayland', ['clipboard.text']));
    assert.deepEqual(await heard(), [], 'nothing has changed');
    sessionLink.serve(agent);
    assert.equal(await hasPointer(), true);
  });

  it('is not the session’s while there is a device', async () => {
    const { pointer, session, put, heard } = await open();
    pointer.isAvailable = true;
    put(1, 1, LEFT);
    await heard();
    assert.equal(pointer.states.length, 1);
    assert.deepEqual(session.take(), []);
  });

  it('skips moves that a slow session has not taken, and no press', async () => {
    const { session, put, heard } = await open();
    const answers: (() => void)[] = [];
    session.answer(pointerPut, () => new Promise((resolve) => answers.push(() => resolve({}))));
    for (let x = 1; x <= 300; x++) put(x, 0, 0);
    put(300, 0, LEFT);
    for (let x = 301; x <= 600; x++) put(x, 0, LEFT);
    put(600, 0, 0);
    await heard();
    assert.deepEqual(told(session), ['1,0', '2,0', '3,0', '4,0']);
    answers.shift()?.();
    await heard();
    assert.deepEqual(told(session), ['300,0', '300,0 left', '600,0 left', '600,0']);
  });

  it('goes on after a session that failed', async () => {
    const { session, put, heard } = await open();
    session.answer(pointerPut, () => {
      throw new Error('no display');
    });
    for (let x = 0; x < 10; x++) {
      put(x, 0, 0);
      await heard();
    }
    assert.equal(told(session).length, 10);
  });
});

describe('SPICE door: what is held', () => {
  for (const [how, leave] of [
    ['switched', ({ sessionLink }: Opened) => sessionLink.serve(new FakeSessionAgent('c2'))],
    ['locked', ({ sessionLink, agent }: Opened) => sessionLink.serve(agent, { isLocked: true })],
  ] as const) {
    it(`is let go when the session is ${how}, and counts again after the client has let go`, async () => {
      const opened = await openDoor();
      const { pointer, host } = opened;
      const pressed = () => [...(pointer.states.at(-1)?.pressed ?? [])];
      const put = (buttons: number) => host.send('mouse-state', { x: 1, y: 1, buttons, displayId: 0 }, 'server');
      put(LEFT);
      pointer.releases = 0;
      leave(opened);
      assert.equal(pointer.releases, 1);
      put(LEFT);
      assert.deepEqual(pressed(), []);
      put(LEFT | RIGHT);
      assert.deepEqual(pressed(), ['right']);
      put(RIGHT);
      put(LEFT);
      assert.deepEqual(pressed(), ['left']);
    });
  }

  it('stays held when an agent comes into a session that runs already', async () => {
    const { sessionLink, pointer, agent, host } = await openDoor();
    sessionLink.serve(undefined);
    host.send('mouse-state', { x: 1, y: 1, buttons: LEFT, displayId: 0 }, 'server');
    pointer.releases = 0;
    sessionLink.serve(agent);
    assert.equal(pointer.releases, 0);
  });

  it('by a client that has gone holds nothing of the next one’s', async () => {
    const { pointer, host } = await openDoor();
    host.send('mouse-state', { x: 1, y: 1, buttons: LEFT, displayId: 0 }, 'server');
    host.send('client-disconnected', {}, 'server');
    host.send('mouse-state', { x: 1, y: 1, buttons: LEFT, displayId: 0 }, 'server');
    assert.deepEqual([...(pointer.states.at(-1)?.pressed ?? [])], ['left']);
  });
});
