import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sessionRights } from '#protocol/ipc/messages/hello.ts';
import { type Follow, type MonitorsConfigure, monitorsTerms } from '#protocol/ipc/messages/monitors.ts';
import { followed, type OutputState, preferencesOf } from '#session-agent/monitors/follow.ts';
import { Follower } from '#session-agent/monitors/follower.ts';
import { silent } from '#shared/log/log.ts';
import { FakeSystemSide } from '#test/support/fake-system-side.ts';
import { until } from '#test/support/until.ts';

const size = (width: number, height: number) => ({ width, height });
const at = (width: number, height: number, x = 0, y = 0) => ({ width, height, x, y });
const OFF = at(0, 0);

/** A virtual display: what it shows, and what its host wants. */
const virtual = (now: ReturnType<typeof at> | undefined, preferred: ReturnType<typeof size>): OutputState => ({
  isConnected: true,
  preferred,
  ...(now && { now }),
});
const monitorsOf = (known: readonly OutputState[], now: readonly OutputState[]) =>
  followed(preferencesOf(known), now)?.monitors;

describe('what follows a display device', () => {
  const before = [virtual(at(1024, 768), size(1024, 768))];

  it('is nothing while nothing is new, also where the user has set another size', () => {
    assert.equal(monitorsOf(before, before), undefined);
    assert.equal(monitorsOf(before, [virtual(at(800, 600), size(1024, 768))]), undefined);
  });

  it('is the new size, as it is', () => {
    assert.deepEqual(monitorsOf(before, [virtual(at(1024, 768), size(1234, 701))]), [at(1234, 701)]);
  });

  it('is nothing when somebody was there first', () => {
    assert.equal(monitorsOf(before, [virtual(at(1234, 701), size(1234, 701))]), undefined);
  });

  it('is not what a real monitor prefers', () => {
    assert.equal(followed(new Map(), [{ isConnected: true, now: at(800, 600) }]), undefined);
  });

  it('switches a second display on, to the right, and off when it has gone', () => {
    const one = [...before, { isConnected: false }];
    const two = [virtual(at(1024, 768), size(1024, 768)), virtual(undefined, size(800, 600))];
    assert.deepEqual(monitorsOf(one, two), [at(1024, 768), at(800, 600, 1024)]);
    const both = [virtual(at(1024, 768), size(1024, 768)), virtual(at(800, 600, 1024), size(800, 600))];
    assert.deepEqual(monitorsOf(both, [both[0] as OutputState, { isConnected: false, now: at(800, 600, 1024) }]), [
      at(1024, 768),
      OFF,
    ]);
  });

  it('never switches the last one off', () => {
    assert.equal(monitorsOf(before, [{ isConnected: false, now: at(1024, 768) }]), undefined);
  });

  it("keeps the user's order from left to right, and leaves no gap", () => {
    const swapped = [virtual(at(1024, 768, 800), size(1024, 768)), virtual(at(800, 600), size(800, 600))];
    const wider = [swapped[0] as OutputState, virtual(at(800, 600), size(1000, 600))];
    assert.deepEqual(monitorsOf(swapped, wider), [at(1024, 768, 1000), at(1000, 600)]);
  });

  it('goes where the host suggests, unless it says the same place for all', () => {
    const known = [virtual(undefined, size(1, 1)), virtual(undefined, size(1, 1))];
    const placed = (x: number, y: number) => ({ ...virtual(undefined, size(800, 600)), suggested: { x, y } });
    assert.deepEqual(monitorsOf(known, [placed(0, 600), placed(0, 0)]), [at(800, 600, 0, 600), at(800, 600)]);
    assert.deepEqual(monitorsOf(known, [placed(0, 0), placed(0, 0)]), [at(800, 600), at(800, 600, 800)]);
  });
});

const LONG_MS = 100_000;

interface Stage {
  readonly outputs?: readonly OutputState[];
  readonly areUntouched?: boolean;
  readonly arranger?: string | undefined;
  readonly quietMs?: number;
}

/** A desktop whose outputs the test changes; what it is given is counted. */
async function stage({ outputs, areUntouched = false, arranger, quietMs = 1 }: Stage = {}) {
  const link = new FakeSystemSide();
  const state = {
    ...{ outputs: outputs ?? [virtual(at(1024, 768), size(1024, 768))], arranger, looks: 0 },
    /** Happens while the desktop is asked who arranges it. */
    meanwhile: () => {},
  };
  const wishes: MonitorsConfigure[] = [];
  const listeners = new Set<() => void>();
  const port = {
    configure: () => Promise.reject(new Error('not by the follower')),
    identify: () => {},
    look: async () => {
      state.looks++;
      return { states: state.outputs, areUntouched };
    },
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
  const follower = new Follower({
    port,
    configure: async (wish) => {
      wishes.push(wish);
      return { applied: false, why: 'no memory' };
    },
    arranger: async () => {
      state.meanwhile();
      return state.arranger;
    },
    link,
    log: silent,
    quietMs,
  });
  await follower.start();
  const prefers = (preferred: ReturnType<typeof size>) => {
    state.outputs = [virtual(at(1024, 768), preferred)];
    for (const listener of listeners) listener();
  };
  const serve = (served: boolean) => link.say(sessionRights, { served, clipboard: false, files: false });
  const terms = (follow: Follow) => link.ask(monitorsTerms, { follow, displays: [] });
  /** One more look has come to its end. */
  const looked = async () => {
    const { looks } = state;
    await until(() => state.looks > looks, 'a look at the outputs');
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { follower, link, wishes, state, prefers, serve, terms, looked };
}

describe('the follower', () => {
  it('follows in the served session only, each size once, also when it could not be had', async () => {
    const { follower, wishes, prefers, serve, terms, looked, state } = await stage();
    assert.deepEqual(await terms('auto'), { why: undefined });
    prefers(size(800, 600));
    assert.equal(state.looks, 1);
    serve(true);
    await looked();
    assert.deepEqual(wishes.splice(0), [{ positioned: true, monitors: [at(800, 600)] }]);
    prefers(size(800, 600));
    await looked();
    assert.deepEqual(wishes, []);
    prefers(size(640, 480));
    await looked();
    assert.equal(wishes.length, 1);
    await follower.stop();
  });

  it('waits until nothing has changed for a while', async () => {
    const { follower, wishes, prefers, serve, terms, state } = await stage({ quietMs: LONG_MS });
    await terms('auto');
    serve(true);
    for (let width = 800; width < 900; width++) prefers(size(width, 600));
    assert.equal(state.looks, 1);
    await follower.stop();
    assert.deepEqual(wishes, []);
  });

  it('leaves it to a desktop that does it, and says so, unless it is told to', async () => {
    const { follower, wishes, prefers, serve, terms, looked } = await stage({ arranger: 'GNOME' });
    serve(true);
    assert.deepEqual(await terms('auto'), { why: 'left to GNOME' });
    await looked();
    prefers(size(800, 600));
    await looked();
    assert.deepEqual(wishes, []);
    assert.deepEqual(await terms('on'), { why: undefined });
    prefers(size(640, 480));
    await looked();
    assert.equal(wishes.length, 1);
    assert.deepEqual(await terms('off'), { why: 'switched off' });
    await follower.stop();
  });

  it('does nothing before it is told, nor while the link is down', async () => {
    const { follower, link, prefers, serve, terms, state } = await stage();
    serve(true);
    prefers(size(800, 600));
    link.goDown();
    await terms('auto');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(state.looks, 1);
    await follower.stop();
  });

  it('does nothing when another session is served by the time that it could', async () => {
    const { follower, wishes, prefers, serve, terms, looked, state } = await stage();
    await terms('auto');
    serve(true);
    await looked();
    state.meanwhile = () => serve(false);
    prefers(size(800, 600));
    await looked();
    assert.deepEqual(wishes, []);
    await follower.stop();
  });

  it('takes what has changed before it came for new, if nobody has acted since', async () => {
    for (const areUntouched of [true, false]) {
      const outputs = [virtual(at(1024, 768), size(1500, 900))];
      const { follower, wishes, serve, terms, looked } = await stage({ outputs, areUntouched });
      await terms('auto');
      serve(true);
      await looked();
      assert.equal(wishes.length, areUntouched ? 1 : 0);
      await follower.stop();
    }
  });
});
