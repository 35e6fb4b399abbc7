import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request } from '#protocol/ipc/definition.ts';
import { formatEnvelope } from '#protocol/ipc/message.ts';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { helloFromSession, sessionRights } from '#protocol/ipc/messages/hello.ts';
import { monitorsConfigure, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { MAX_ANSWERS } from '#protocol/ipc/peer/answers.ts';
import { MAX_CALLS } from '#protocol/ipc/peer/calls.ts';
import { chooseVersion } from '#protocol/ipc/peer/hello.ts';
import { MAX_ILLEGAL, MAX_WAITING_BYTES, STUCK_MS } from '#protocol/ipc/peer/peer.ts';
import { AgentError } from '#shared/errors.ts';
import { record, text } from '#shared/schema/record.ts';
import { type Dumb, dumbFrame } from '#test/support/dumb-msgpack.ts';
import { HELLO, pair, sessionEnd, systemEnd } from '#test/support/link/pair.ts';
import { splits } from '#test/support/splits.ts';

const GRAB = { selection: 'clipboard', types: ['text'], serial: 0, age: 0 } as const;
const MONITORS = { monitors: [], positioned: false };
const HELLO_BODY = { oldest: 1, newest: 1, build: 'x', display: 'none', features: [] };
const HELLO_FRAME: Dumb = { kind: 'notification', name: 'hello', body: HELLO_BODY };

/** A system end that has said hello to a session written by hand. */
function attacked() {
  const end = systemEnd();
  end.peer.receive(dumbFrame(HELLO_FRAME));
  assert.ok(end.peer.isUp);
  end.take();
  const say = (...frames: Dumb[]) => {
    for (const frame of frames) end.peer.receive(dumbFrame(frame));
    end.timers.advance(0);
  };
  return { end, say };
}

describe('hello of the link', () => {
  it('comes first, both ways, and then anything goes', async () => {
    const { system, session, flow } = pair();
    assert.equal(session.peer.isUp, false);
    await flow();
    assert.ok(system.peer.isUp && session.peer.isUp);
  });

  it('nothing is sent before both are said: notifications are dropped, requests fail', async () => {
    const session = sessionEnd();
    session.take();
    assert.equal(session.peer.notify(clipboardGrab, GRAB), false);
    await assert.rejects(session.peer.call(clipboardRead, { selection: 'clipboard', type: 'text', maxBytes: 1 }, 1), {
      code: 'cancelled',
    });
    assert.throws(() => session.peer.sendStream(Buffer.alloc(1)), { code: 'cancelled' });
    assert.equal(session.waiting, 0);
  });

  const NOT_FIRST: readonly Dumb[] = [
    { kind: 'later' },
    { kind: 'notification', name: 'clipboard.grab', body: {} },
    { kind: 'request', id: 1, name: 'hello', body: HELLO_BODY },
    { kind: 'error', id: 0, body: { code: 'refused', message: 'no' } },
    { kind: 'stream-credit', id: 1, body: 1 },
    { kind: 'notification', name: 'hello', body: {} },
    { kind: 'notification', name: 'hello', body: { ...HELLO_BODY, features: Array(33).fill('x') } },
    { kind: 'notification', name: 'hello', body: { ...HELLO_BODY, build: 'a\nb' } },
  ];
  for (const frame of NOT_FIRST) {
    it(`anything else first ends the connection: ${JSON.stringify(frame).slice(0, 60)}`, () => {
      const end = systemEnd();
      end.peer.receive(dumbFrame(frame));
      end.timers.advance(0);
      assert.equal(end.broken?.code, 'malformed');
      assert.equal(end.waiting, 0);
    });
  }

  it('said twice is illegal, counted, and changes nothing', () => {
    const { end, say } = attacked();
    say(HELLO_FRAME, HELLO_FRAME);
    assert.equal(end.peer.counters.illegal, 2);
    assert.equal(end.waiting, 0);
  });

  it('is refused with the reason in its place', async () => {
    const system = systemEnd();
    const session = sessionEnd();
    system.peer.refuse(new AgentError('refused', 'no\nsession'));
    session.peer.receive(system.take());
    session.timers.advance(0);
    assert.equal(session.broken?.code, 'refused');
    assert.equal(session.broken.message, 'no session');
  });

  it('may have members of a later release', () => {
    const end = systemEnd();
    end.peer.receive(dumbFrame({ ...HELLO_FRAME, later: 1, body: { ...HELLO_BODY, later: [] } }));
    assert.ok(end.peer.isUp);
    assert.equal(end.peer.counters.unknown, 1);
  });

  it('chooses the newest version that both speak', () => {
    assert.equal(chooseVersion({ oldest: 1, newest: 1 }), 1);
    assert.equal(chooseVersion({ oldest: 0, newest: 65535 }), 1);
    assert.throws(() => chooseVersion({ oldest: 2, newest: 3 }), { code: 'refused', message: /2 to 3.*1 to 1/ });
    assert.throws(() => chooseVersion({ oldest: 0, newest: 0 }), { code: 'refused' });
    assert.throws(() => chooseVersion({ oldest: 2, newest: 1 }), { code: 'malformed' });
  });
});

describe('messages of the link', () => {
  it('reach their handlers with checked bodies, however the bytes are cut', async () => {
    const bytes = Buffer.concat([
      formatEnvelope({ kind: 'notification', name: 'hello', body: { ...HELLO } }),
      formatEnvelope({ kind: 'notification', name: 'clipboard.grab', body: GRAB }),
      formatEnvelope({
        kind: 'request',
        id: 7,
        name: 'clipboard.read',
        body: { ...GRAB, type: 'text', maxBytes: 5, direct: true },
      }),
    ]);
    for (const parts of splits(bytes)) {
      const end = systemEnd();
      const heard: unknown[] = [];
      end.peer.on(clipboardGrab, (body) => heard.push(body));
      end.peer.handle(clipboardRead, async (body) => {
        heard.push(body);
        return { stream: undefined, why: 'none' };
      });
      for (const part of parts) end.peer.receive(part);
      assert.deepEqual(heard, [GRAB, { selection: 'clipboard', type: 'text', maxBytes: 5, direct: true }]);
    }
  });

  it('requests are answered with a result or the error of the handler', async () => {
    const { system, session, flow } = pair();
    await flow();
    const results = [
      async () => ({ applied: true, why: undefined }),
      async () => Promise.reject(new AgentError('unsupported', 'no RandR')),
      async () => Promise.reject(new TypeError('secret of a bug')),
    ];
    session.peer.handle(monitorsConfigure, async () => {
      const next = results.shift();
      assert.ok(next);
      return next();
    });
    const ask = () => system.peer.call(monitorsConfigure, MONITORS, 1000);
    const answers = Promise.allSettled([ask(), ask(), ask()]);
    await flow();
    const [good, bad, bug] = await answers;
    assert.deepEqual(good, { status: 'fulfilled', value: { applied: true, why: undefined } });
    assert.equal(bad?.status === 'rejected' && bad.reason.code, 'unsupported');
    assert.equal(bug?.status === 'rejected' && bug.reason.message, 'internal error');
    assert.equal(session.bugs.length, 1);
    assert.equal(system.timers.count, 0);
  });

  it('a request that nobody answers is unsupported', async () => {
    const { system, session, flow } = pair();
    await flow();
    const answer = assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'unsupported' });
    await flow();
    await answer;
    assert.equal(session.peer.counters.unheard, 1);
  });

  it('a request ends at its deadline, its handler is told, and a late answer is no offence', async () => {
    const { system, session, flow } = pair();
    await flow();
    let signal: AbortSignal | undefined;
    let finish = () => {};
    session.peer.handle(monitorsConfigure, (_body, given) => {
      signal = given;
      return new Promise((resolve) => {
        finish = () => resolve({ applied: true, why: undefined });
      });
    });
    const answer = assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'timeout' });
    await flow();
    system.timers.advance(999);
    assert.equal(signal?.aborted, false);
    system.timers.advance(1);
    await answer;
    await flow();
    assert.ok(signal?.aborted);
    finish();
    await flow();
    assert.equal(system.peer.counters.illegal, 0);
    assert.ok(system.peer.isUp);
  });

  it('a caller can call a request off', async () => {
    const { system, session, flow } = pair();
    await flow();
    let aborted = false;
    session.peer.handle(monitorsConfigure, (_body, signal) => {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new AgentError('cancelled', 'called off'));
        });
      });
    });
    const controller = new AbortController();
    const answer = assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000, controller.signal), {
      code: 'cancelled',
    });
    await flow();
    controller.abort();
    await answer;
    await flow();
    assert.ok(aborted);
    assert.equal(system.timers.count, 0);
  });

  it('both sides may use the same ids', async () => {
    const { system, session, flow } = pair();
    await flow();
    system.peer.handle(clipboardRead, async () => ({ stream: 1, why: undefined }));
    session.peer.handle(clipboardRead, async () => ({ stream: 2, why: undefined }));
    const ask = { selection: 'clipboard', type: 'text', maxBytes: 1 } as const;
    const both = Promise.all([system.peer.call(clipboardRead, ask, 9), session.peer.call(clipboardRead, ask, 9)]);
    await flow();
    assert.deepEqual(
      (await both).map(({ stream }) => stream),
      [2, 1],
    );
  });

  it('only so many requests wait, and only so many are at work', async () => {
    const { system, session, flow } = pair();
    await flow();
    session.peer.handle(monitorsConfigure, () => new Promise(() => {}));
    const calls = Array.from({ length: MAX_CALLS }, () => system.peer.call(monitorsConfigure, MONITORS, 1000));
    await assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'refused' });
    const results = Promise.allSettled(calls);
    await flow();
    system.timers.advance(1000);
    await results;
    await flow();
    // Cancelled, but their handlers have not ended.
    const late = assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { message: /64 requests/ });
    assert.equal(MAX_ANSWERS, 64);
    await flow();
    await late;
  });

  it('the end of the connection ends everything that waits, and later calls fail at once', async () => {
    const { system, session, flow } = pair();
    await flow();
    let signal: AbortSignal | undefined;
    session.peer.handle(monitorsConfigure, (_body, given) => {
      signal = given;
      return new Promise(() => {});
    });
    const call = assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'cancelled' });
    const stream = assert.rejects(system.peer.receiveStream(0, 10, 1000), { code: 'cancelled' });
    system.peer.sendStream(Buffer.from('x'));
    await flow();
    system.peer.close();
    session.peer.close();
    await call;
    await stream;
    assert.ok(signal?.aborted);
    await assert.rejects(system.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'cancelled' });
    await new Promise(setImmediate);
    assert.equal(system.timers.count, 0);
  });

  it('a message cannot be sent or heard against its direction', () => {
    const end = systemEnd();
    assert.throws(() => end.peer.on(sessionRights, () => {}), /does not go to the system/);
    assert.throws(() => end.peer.notify(pointerLayout, { width: 1, height: 1, displays: [] }), /to the session/);
    assert.throws(() => end.peer.greet(helloFromSession, HELLO), /to the session/);
  });

  it('a handler that fails is told of and disturbs nobody', () => {
    const { end, say } = attacked();
    let heard = 0;
    end.peer.on(clipboardGrab, () => {
      throw new TypeError('bug');
    });
    end.peer.on(clipboardGrab, () => heard++);
    say({ kind: 'notification', name: 'clipboard.grab', body: GRAB });
    assert.equal(heard, 1);
    assert.equal(end.bugs.length, 1);
    assert.ok(end.peer.isUp);
  });

  it('a handler that was disposed of hears nothing', () => {
    const { end, say } = attacked();
    let heard = 0;
    const first = end.peer.on(clipboardGrab, () => heard++);
    first[Symbol.dispose]();
    say({ kind: 'notification', name: 'clipboard.grab', body: GRAB });
    assert.equal(heard, 0);
    assert.equal(end.peer.counters.unheard, 1);
  });

  it("what does not fit a frame is the caller's error", async () => {
    const { system, flow } = pair();
    await flow();
    const big = request({
      name: 'big',
      direction: 'both',
      body: record({ text: text(1_000_000) }),
      result: record({}),
    });
    await assert.rejects(system.peer.call(big, { text: 'x'.repeat(300_000) }, 10), { code: 'invalid-argument' });
    assert.ok(system.peer.isUp);
  });
});

describe('frames of an attacker', () => {
  const ILLEGAL: readonly Dumb[] = [
    { kind: 'response', id: 3, body: {} },
    { kind: 'error', id: 3, body: { code: 'failed', message: 'x' } },
    { kind: 'stream-data', id: 3, body: Buffer.from('abc') },
    { kind: 'stream-end', id: 3 },
    { kind: 'stream-credit', id: 3, body: 5 },
    { kind: 'stream-stop', id: 3 },
  ];
  for (const frame of ILLEGAL) {
    it(`${JSON.stringify(frame).slice(0, 40)} is illegal now and counted; too many end the connection`, () => {
      const { end, say } = attacked();
      say(frame, frame);
      assert.equal(end.peer.counters.illegal, 2);
      assert.equal(end.waiting, 0);
      assert.ok(end.peer.isUp);
      say(...Array<Dumb>(MAX_ILLEGAL).fill(frame));
      assert.equal(end.broken?.code, 'malformed');
    });
  }

  const MALFORMED: readonly Dumb[] = [
    { kind: 1 },
    { kind: 'request', id: -1, name: 'x' },
    { kind: 'notification', name: 'No Name' },
    { kind: 'notification', name: 'clipboard.grab', body: { selection: 'none', types: [] } },
    { kind: 'notification', name: 'clipboard.grab', body: { selection: 'clipboard', types: Array(17).fill('x') } },
    { kind: 'request', id: 1, name: 'clipboard.read', body: {} },
    { kind: 'error', id: 3, body: {} },
    { kind: 'error', id: 3, body: { code: 'failed', message: 'x'.repeat(501) } },
  ];
  for (const frame of MALFORMED) {
    it(`${JSON.stringify(frame).slice(0, 60)} ends the connection`, () => {
      const { end, say } = attacked();
      end.peer.on(clipboardGrab, () => assert.fail('reached a handler'));
      end.peer.handle(clipboardRead, async () => assert.fail('reached a handler'));
      say(frame);
      assert.equal(end.broken?.code, 'malformed');
      say({ kind: 'notification', name: 'clipboard.grab', body: GRAB });
    });
  }

  it('a result of the wrong shape ends the connection and the call', async () => {
    const { end, say } = attacked();
    const answer = assert.rejects(end.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'malformed' });
    say({ kind: 'response', id: 0, body: { applied: 1 } });
    await answer;
    assert.equal(end.broken?.code, 'malformed');
    assert.equal(end.timers.count, 0);
  });

  it('an error of a code that is not known here is a failure', async () => {
    const { end, say } = attacked();
    const answer = assert.rejects(end.peer.call(monitorsConfigure, MONITORS, 1000), { code: 'failed', message: 'x' });
    say({ kind: 'error', id: 0, body: { code: 'later', message: 'x' } });
    await answer;
  });

  it('unknown kinds, members and names are counted and ignored', () => {
    const { end, say } = attacked();
    say(
      { kind: 'later', id: 'x' },
      { kind: 'cancel', id: 1, later: 1 },
      { kind: 'notification', name: 'later', body: { a: 1 } },
    );
    assert.deepEqual(end.peer.counters, { unknown: 2, unheard: 1, illegal: 0, dropped: 0 });
    assert.ok(end.peer.isUp);
  });

  it('a request id that is at work is illegal, and answered once', async () => {
    const { end, say } = attacked();
    let calls = 0;
    end.peer.handle(clipboardRead, async () => {
      calls++;
      return { stream: undefined, why: undefined };
    });
    const ask: Dumb = { kind: 'request', id: 1, name: 'clipboard.read', body: { ...GRAB, type: 'text', maxBytes: 1 } };
    say(ask, ask);
    assert.equal(calls, 1);
    assert.equal(end.peer.counters.illegal, 1);
  });

  it('a peer that does not read loses notifications, and after a while the connection', async () => {
    const { end } = attacked();
    let sent = 0;
    while (end.peer.notify(clipboardGrab, GRAB)) sent++;
    assert.ok(end.waiting > MAX_WAITING_BYTES && end.waiting < 2 * MAX_WAITING_BYTES);
    assert.equal(end.peer.counters.dropped, 1);
    await assert.rejects(end.peer.call(monitorsConfigure, MONITORS, 10), { code: 'cancelled' });
    assert.ok(sent > 1000);
    end.timers.advance(STUCK_MS - 1);
    assert.ok(end.peer.isUp);
    end.timers.advance(1);
    assert.equal(end.broken?.code, 'timeout');
  });

  it('a peer that is only slow loses nothing but time', () => {
    const { end } = attacked();
    while (end.peer.notify(clipboardGrab, GRAB));
    end.take();
    assert.equal(end.drains, 1);
    assert.ok(end.peer.notify(clipboardGrab, GRAB));
    end.timers.advance(10 * STUCK_MS);
    assert.equal(end.broken, undefined);
  });

  it('a peer that asks and does not read the answers is cut off, and no memory is taken meanwhile', () => {
    const { end, say } = attacked();
    for (let id = 0; end.peer.isUp && id < 100_000; id++) say({ kind: 'request', id, name: 'nobody' });
    assert.equal(end.broken?.code, 'refused');
    assert.ok(end.waiting < 3 * MAX_WAITING_BYTES);
  });
});
