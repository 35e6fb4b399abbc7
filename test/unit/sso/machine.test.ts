import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { type Effect, type Input, initial, LIMITS, type State, step, wakeAt } from '#system-agent/sso/machine.ts';
import { session } from '#test/fakes/sessions.ts';
import { random } from '#test/support/random.ts';

const greeter = session({ id: 'c1', uid: 102, user: 'Debian-gdm', class: 'greeter', type: 'wayland' });
const gnome = session({ id: '2', service: 'gdm-password' });
const locked = session({ ...gnome, locked: true });
const lockedElsewhere = session({ ...locked, service: 'lightdm' });
const alice = { uid: 1000, name: 'alice', wish: 'any' } as const;

/** Tokens as texts. */
type Seen = Exclude<Effect, { readonly do: 'announce' }> | { readonly do: 'announce'; readonly token: string };

/** The machine with a clock that the test moves; tokens are t1, t2 and so on. */
class Broker {
  state: State = initial;
  now = 0;
  tokens = 0;

  constructor(
    sessions: readonly Session[],
    readonly otherUser: 'refuse' | 'wait' = 'refuse',
  ) {
    this.feed({ on: 'obstacle', obstacle: undefined });
    this.see(sessions);
  }

  feed(input: Input): readonly Seen[] {
    const newToken = () => Buffer.from(`t${++this.tokens}`);
    const { state, effects } = step(this.state, input, { now: this.now, otherUser: this.otherUser, newToken });
    this.state = state;
    return effects.map((effect) => (effect.do === 'announce' ? { ...effect, token: String(effect.token) } : effect));
  }

  offer(offer: Partial<{ uid: number; name: string; wish: 'any' | 'unlock' }> = {}): readonly Seen[] {
    return this.feed({ on: 'offer', offer: { ...alice, ...offer } });
  }

  see(sessions: readonly Session[]): readonly Seen[] {
    return this.feed({ on: 'sessions', snapshot: { sessions, source: 'logind' } });
  }

  show(token: string): readonly Seen[] {
    return this.feed({ on: 'token', token: Buffer.from(token) });
  }

  wait(ms: number): readonly Seen[] {
    this.now += ms;
    return this.feed({ on: 'time' });
  }
}

const ended = (effects: readonly Seen[]) => effects.flatMap((effect) => (effect.do === 'end' ? [effect.how] : []));

describe('the life of a login', () => {
  it('is announced to a greeter and taken once', () => {
    const broker = new Broker([greeter]);
    assert.deepEqual(broker.offer(), [{ do: 'announce', token: 't1' }]);
    assert.deepEqual(broker.show('t1'), [
      { do: 'give', user: 'alice' },
      { do: 'end', how: 'taken', reason: 'for login' },
    ]);
    assert.deepEqual(broker.show('t1'), [], 'a second time');
  });

  it('waits for a greeter that is not up yet, and no longer than it may', () => {
    const broker = new Broker([]);
    assert.deepEqual(broker.offer(), []);
    assert.equal(wakeAt(broker.state), LIMITS.offerMs);
    assert.deepEqual(broker.see([greeter]), [{ do: 'announce', token: 't1' }]);
    assert.deepEqual(ended(broker.wait(LIMITS.offerMs)), ['expired']);
    assert.deepEqual(broker.show('t1'), []);
    broker.offer();
    assert.deepEqual(ended(broker.wait(LIMITS.offerMs)), ['expired']);
  });

  it('is announced again, and only the newest token counts', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    assert.deepEqual(broker.wait(LIMITS.repeatMs), [{ do: 'announce', token: 't2' }]);
    assert.deepEqual(broker.show('t1'), []);
    assert.deepEqual(broker.show('t2')[0], { do: 'give', user: 'alice' });
  });

  it('leaves a slow greeter more time with each token, for every one has it begin anew', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    const pauses: number[] = [];
    for (;;) {
      const pause = (wakeAt(broker.state) ?? 0) - broker.now;
      if (ended(broker.wait(pause)).length > 0) break;
      pauses.push(pause);
    }
    assert.deepEqual(pauses.slice(0, 3), [5000, 7500, 11_250]);
    assert.ok(pauses.every((pause, at) => at === 0 || pause > (pauses[at - 1] ?? 0)));
    assert.equal(broker.now, LIMITS.offerMs, 'and no more than all have');
  });

  it('goes with the greeter and comes with it', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    assert.deepEqual(broker.see([]), []);
    assert.deepEqual(broker.show('t1'), [], 'the token of a greeter that is gone');
    assert.deepEqual(broker.see([session({ ...greeter, id: 'c2' })]), [{ do: 'announce', token: 't2' }]);
    assert.deepEqual(broker.see([session({ ...greeter, id: 'c3' })]), [{ do: 'announce', token: 't3' }]);
  });

  it('ends at the third wrong token', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    for (const wrong of ['', 't', 't11']) broker.show(wrong);
    assert.equal(broker.state.pending, undefined);
    assert.deepEqual(broker.show('t1'), []);
  });

  it('counts wrong tokens over all that are announced', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    for (let pause = LIMITS.repeatMs, count = 0; count < 2; count++, pause *= LIMITS.slower) {
      broker.show('x');
      assert.equal(broker.wait(pause).length, 1);
    }
    assert.deepEqual(ended(broker.show('x')), ['refused']);
  });

  it('unlocks under the name of the session', () => {
    const broker = new Broker([session({ ...locked, user: 'alice@example.org' })]);
    broker.offer();
    assert.deepEqual(broker.show('t1')[0], { do: 'give', user: 'alice@example.org' });
  });

  it('is declined while the session is unlocked: its shell would keep the token', () => {
    const broker = new Broker([gnome]);
    assert.deepEqual(
      broker.offer().map(({ do: what }) => what),
      ['decline'],
    );
    assert.equal(broker.tokens, 0);
  });

  for (const [what, now] of [
    ['unlocked', [gnome]],
    ['switched to a greeter', [session({ ...locked, active: false }), greeter]],
    ['switched to another user', [session({ ...locked, active: false }), session({ id: '3', uid: 1001 })]],
    ['switched to a text console', [session({ ...locked, active: false }), session({ id: '3', type: 'tty' })]],
    ['gone', []],
  ] as const) {
    it(`dies when the locked session is ${what}`, () => {
      const broker = new Broker([locked]);
      broker.offer();
      assert.deepEqual(ended(broker.see(now)), ['withdrawn']);
      assert.deepEqual(broker.show('t1'), []);
    });
  }

  it('dies when somebody logs in at the greeter meanwhile', () => {
    for (const front of [gnome, locked, session({ id: '3', uid: 1001 })]) {
      const broker = new Broker([greeter]);
      broker.offer();
      assert.deepEqual(ended(broker.see([front])), ['withdrawn']);
    }
  });

  it("waits for the greeter behind another user's session only if that is wanted", () => {
    const bob = session({ id: '3', uid: 1001 });
    assert.deepEqual(
      new Broker([bob]).offer().map(({ do: what }) => what),
      ['decline'],
    );
    const broker = new Broker([bob], 'wait');
    assert.deepEqual(broker.offer(), []);
    assert.deepEqual(broker.see([session({ ...bob, active: false }), greeter]), [{ do: 'announce', token: 't1' }]);
  });

  it('takes the newer of two logins of one user, and the first of two users', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    assert.deepEqual(
      broker.offer().map(({ do: what }) => what),
      ['replace', 'announce'],
    );
    assert.deepEqual(
      broker.offer({ uid: 1001, name: 'bob' }).map(({ do: what }) => what),
      ['decline'],
    );
    assert.deepEqual(broker.show('t2')[0], { do: 'give', user: 'alice' });
  });

  it('has a rate', () => {
    const broker = new Broker([greeter]);
    for (let count = 0; count < LIMITS.offers; count++) broker.offer();
    assert.deepEqual(
      broker.offer().map(({ do: what }) => what),
      ['decline'],
    );
    broker.now += LIMITS.offersWithinMs;
    assert.ok(broker.offer().some(({ do: what }) => what === 'announce'));
  });

  it('is not announced while nobody could come for it, and dies when that happens', () => {
    const broker = new Broker([greeter]);
    broker.feed({ on: 'obstacle', obstacle: 'somebody else has the socket' });
    assert.deepEqual(ended(broker.offer()), ['refused']);
    broker.feed({ on: 'obstacle', obstacle: undefined });
    broker.offer();
    assert.deepEqual(ended(broker.feed({ on: 'obstacle', obstacle: 'gone' })), ['refused']);
    assert.deepEqual(broker.show('t1'), []);
  });

  it('ends with the agent', () => {
    const broker = new Broker([greeter]);
    broker.offer();
    assert.deepEqual(ended(broker.feed({ on: 'stop' })), ['withdrawn']);
    assert.deepEqual(broker.feed({ on: 'stop' }), []);
  });
});

describe('a login into a lock screen that knows no tokens', () => {
  it('is checked here, and unlocks the account that it was checked for', () => {
    const broker = new Broker([lockedElsewhere]);
    assert.deepEqual(broker.offer(), [{ do: 'check', user: 'alice' }]);
    assert.deepEqual(broker.feed({ on: 'checked', uid: 1000 })[0], { do: 'unlock', session: '2' });
    assert.equal(broker.state.pending, undefined);
  });

  it('is checked after a while where the lock screen should have come', () => {
    const broker = new Broker([locked]);
    broker.offer();
    assert.deepEqual(broker.wait(LIMITS.checkAfterMs - 1), [], 'it has heard the token, and is not told again');
    assert.deepEqual(broker.wait(1), [{ do: 'check', user: 'alice' }]);
    assert.deepEqual(broker.show('t1'), [], 'the token is dead by then');
  });

  it('is checked where nothing can be announced', () => {
    const broker = new Broker([locked]);
    broker.feed({ on: 'obstacle', obstacle: 'no bus' });
    assert.deepEqual(broker.offer(), [{ do: 'check', user: 'alice' }]);
  });

  it('unlocks nothing for a wrong password, another account, or a session that has changed', () => {
    const check = () => {
      const broker = new Broker([lockedElsewhere]);
      broker.offer();
      return broker;
    };
    const unlocks = (effects: readonly Seen[]) => effects.some(({ do: what }) => what === 'unlock');
    for (const uid of [undefined, 1001, 0]) assert.ok(!unlocks(check().feed({ on: 'checked', uid })), `${uid}`);
    const broker = check();
    broker.see([session({ ...lockedElsewhere, active: false }), session({ id: '3', uid: 1001 })]);
    assert.ok(!unlocks(broker.feed({ on: 'checked', uid: 1000 })));
  });

  it('takes no second login until PAM has answered', () => {
    const broker = new Broker([lockedElsewhere]);
    broker.offer();
    assert.deepEqual(
      broker.offer().map(({ do: what }) => what),
      ['decline'],
    );
    assert.deepEqual(ended(broker.wait(LIMITS.offerMs)), ['expired']);
  });

  it('unlocks and nothing else where that was the wish', () => {
    for (const sessions of [[greeter], [gnome], []]) {
      assert.deepEqual(
        new Broker(sessions).offer({ wish: 'unlock' }).map(({ do: what }) => what),
        ['decline'],
      );
    }
    assert.deepEqual(new Broker([locked]).offer({ wish: 'unlock' }), [{ do: 'announce', token: 't1' }]);
  });
});

describe('whatever happens', () => {
  it('gives only for the newest token, and never while the session is unlocked', () => {
    const chance = random(Number(process.env.FUZZ_SEED ?? 1));
    const pick = <T>(items: readonly T[]): T => items[chance(items.length)] as T;
    const views = [[], [greeter], [gnome], [locked], [lockedElsewhere], [session({ id: '3', uid: 1001 })]];
    const broker = new Broker([]);
    let newest: string | undefined;
    let view: readonly Session[] = [];
    let token = '';
    const actions: readonly (() => readonly Seen[])[] = [
      () => broker.offer({ uid: pick([1000, 1000, 1001]) }),
      () => {
        view = pick(views);
        return broker.see(view);
      },
      () => {
        token = pick(['x', 't1', newest ?? 'y', newest ?? 'z']);
        return broker.show(token);
      },
      () => broker.feed({ on: 'checked', uid: pick([undefined, 1000, 1001]) }),
      () => broker.feed({ on: 'obstacle', obstacle: pick([undefined, undefined, 'why']) }),
      () => broker.wait(chance(20_000)),
    ];
    for (let round = 0; round < 20_000; round++) {
      const effects = pick(actions)();
      for (const effect of effects) {
        if (effect.do === 'announce') {
          newest = effect.token;
          assert.ok(view[0] === greeter || view[0] === locked, 'announced to whom');
        }
        if (effect.do === 'give') assert.equal(token, newest);
        if (effect.do === 'unlock') assert.ok(view[0]?.locked);
        if (effect.do === 'end') newest = undefined;
      }
      if (broker.state.pending?.stage.is !== 'announced') newest = undefined;
      assert.ok(broker.state.recent.length <= LIMITS.offers);
    }
  });
});
