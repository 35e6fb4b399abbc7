import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isClosing, isGreeter, isUser } from '#system-agent/sessions/classes.ts';
import type { Word } from '#system-agent/sessions/console.ts';
import { type Effect, type Input, initial, presentWords, type State, step } from '#system-agent/sessions/machine.ts';
import { type Agent, sameServed } from '#system-agent/sessions/served.ts';
import type { Served, Session, SessionsSnapshot } from '#system-agent/sessions/sessions.ts';
import { random } from '#test/support/random.ts';
import { greeter, session, snapshot } from '#test/support/sessions.ts';

const sessions = (...all: Session[]): Input => ({ on: 'sessions', snapshot: snapshot(...all) });
const agents = (...all: Agent[]): Input => ({ on: 'agents', agents: all });
const quiet: Input = { on: 'quiet' };

function play(...inputs: Input[]): { readonly state: State; readonly effects: readonly Effect[] } {
  let state = initial;
  let effects: readonly Effect[] = [];
  for (const input of inputs) ({ state, effects } = step(state, input));
  return { state, effects };
}

const alice = session('1');
const bob = session('2', { uid: 1001, user: 'bob' });
const away = (one: Session): Session => ({ ...one, active: false, state: 'online' });
const locked = (one: Session): Session => ({ ...one, locked: true });

describe('the served session', () => {
  const served = (...inputs: Input[]) => {
    const now = play(...inputs).state.served;
    return now && `${now.session.id} ${now.clipboard ? 'clipboard' : '-'} ${now.files ? 'files' : '-'}`;
  };

  it('is the one in the foreground of the seat', () => {
    assert.equal(served(sessions(away(alice), bob)), '2 clipboard files');
    assert.equal(served(sessions(alice, away(bob))), '1 clipboard files');
    assert.equal(served(sessions(away(alice), away(bob))), undefined);
    assert.equal(served(sessions()), undefined);
  });

  it('loses clipboard and files while locked and stays served', () => {
    assert.equal(served(sessions(locked(alice))), '1 - -');
    assert.equal(served(sessions(locked(alice)), sessions(alice)), '1 clipboard files');
  });

  it('may be a greeter, without clipboard and files', () => {
    assert.equal(served(sessions(greeter('c1'), away(alice))), 'c1 - -');
    assert.equal(served(sessions(session('c2', { class: 'lock-screen' }))), 'c2 - -');
  });

  it('is never one that is closing, nor a background or manager session', () => {
    for (const changes of [
      { state: 'closing' },
      { class: 'background' },
      { class: 'manager' },
      { class: 'manager-early' },
    ]) {
      assert.equal(served(sessions(session('1', changes))), undefined);
    }
    assert.equal(served(sessions(session('1', { class: 'user-early' }))), '1 clipboard files');
  });

  it('on seat0 goes before other seats, and those before sessions without a seat', () => {
    const other = session('0', { seat: 'seat1' });
    const remote = session('00', { seat: undefined, type: 'x11' });
    assert.equal(served(sessions(remote, other, alice)), '1 clipboard files');
    assert.equal(served(sessions(remote, other)), '0 clipboard files');
    assert.equal(served(sessions(remote)), '00 clipboard files');
  });

  it('is no text console, unless an agent shows that a desktop was started there', () => {
    const console = session('7', { type: 'tty' });
    assert.equal(served(sessions(console)), undefined);
    assert.equal(served(sessions(console), agents({ session: '7', uid: 1000 })), '7 clipboard files');
    assert.equal(served(sessions(console), agents({ session: '7', uid: 1000 }), agents()), undefined);
  });

  it('stays among equals, whoever comes', () => {
    const [first, second] = [session('a', { seat: undefined }), session('b', { seat: undefined })];
    assert.equal(served(sessions(second), sessions(first, second)), 'b clipboard files');
    assert.equal(served(sessions(first, second)), 'a clipboard files');
  });

  it('without logind is the only agent, and of two agents none', () => {
    const utmp: Input = { on: 'sessions', snapshot: { sessions: [alice], source: 'utmp' } };
    assert.equal(served(utmp), undefined);
    assert.equal(served(utmp, agents({ session: 'x', uid: 1000 })), 'x clipboard files');
    assert.equal(served(utmp, agents({ session: 'x', uid: 1000 }, { session: 'y', uid: 7 })), undefined);
  });

  it('changes with one effect that names both, and nothing is said without a change', () => {
    const { effects } = play(sessions(alice), sessions(away(alice), bob));
    const [change] = effects.filter((effect) => effect.do === 'serve');
    assert.equal(change?.before?.session.id, '1');
    assert.equal(change?.now?.session.id, '2');
    assert.deepEqual(play(sessions(alice), quiet, sessions({ ...alice })).effects, []);
  });
});

describe('the words for an oVirt host', () => {
  /** What is said of the last input, after the pause. */
  const said = (...inputs: Input[]) =>
    play(...inputs.flatMap((input) => [input, quiet]))
      .effects.flatMap((effect) => (effect.do === 'say' ? [effect.word] : []))
      .map(short);
  const short = (word: Word) => (word.word === 'active-user' ? `user=${word.name}` : word.word.replace('session-', ''));

  it('at first tell all that is known', () => {
    assert.deepEqual(said(sessions()), ['logoff', 'user=']);
    assert.deepEqual(said(sessions(alice)), ['user=alice', 'logon']);
    assert.deepEqual(said(sessions(locked(alice))), ['user=alice', 'logon', 'lock']);
  });

  it('name the user before the login, and the log-off before nobody', () => {
    assert.deepEqual(said(sessions(greeter('c1')), sessions(away(greeter('c1')), alice)), ['user=alice', 'logon']);
    assert.deepEqual(said(sessions(alice), sessions(greeter('c1'))), ['logoff', 'user=']);
    assert.deepEqual(said(sessions(alice), sessions({ ...alice, state: 'closing' })), ['logoff', 'user=']);
  });

  it('tell of locking alone', () => {
    assert.deepEqual(said(sessions(alice), sessions(locked(alice))), ['lock']);
    assert.deepEqual(said(sessions(locked(alice)), sessions(alice)), ['unlock']);
  });

  it('keep a locked user whom a greeter hides, not one who has left the seat unlocked', () => {
    assert.deepEqual(said(sessions(alice), sessions(greeter('c1'), away(locked(alice)))), ['lock']);
    assert.deepEqual(said(sessions(alice), sessions(greeter('c1'), away(alice))), ['logoff', 'user=']);
  });

  it('say nothing while nobody is in the foreground for a moment', () => {
    assert.deepEqual(said(sessions(alice), sessions(away(alice))), []);
  });

  it('do not name who is in the background when somebody logs off, until the greeter comes or they do', () => {
    assert.deepEqual(said(sessions(alice, away(bob)), sessions(away(bob))), ['logoff', 'user=']);
    assert.deepEqual(said(sessions(alice, away(bob)), sessions(away(bob)), sessions(away(bob))), []);
    assert.deepEqual(said(sessions(alice, away(bob)), sessions(away(bob)), sessions(away(bob), greeter('c1'))), []);
    assert.deepEqual(said(sessions(alice, away(bob)), sessions(away(bob)), sessions(bob)), ['user=bob', 'logon']);
    assert.deepEqual(said(sessions(away(bob))), ['user=bob', 'logon']); // when nothing was known before
  });

  it('name a login on a console where only login records tell of it, which know of no foreground', () => {
    const records = (...all: Session[]): Input => ({ on: 'sessions', snapshot: { sessions: all, source: 'utmp' } });
    assert.deepEqual(said(records(), records(away(bob))), ['user=bob', 'logon']);
    const unknown: Input = { on: 'sessions', snapshot: { sessions: [], source: 'unknown' } };
    assert.deepEqual(said(unknown, sessions(away(bob))), ['user=bob', 'logon']); // logind's first word
  });

  it('tell of another user, with a log-off only if the former one is gone', () => {
    assert.deepEqual(said(sessions(alice), sessions(away(alice), bob)), ['user=bob', 'logon']);
    assert.deepEqual(said(sessions(alice), sessions(bob)), ['logoff', 'user=bob', 'logon']);
    assert.deepEqual(said(sessions(alice), sessions({ ...alice, state: 'closing' }, bob)), [
      'logoff',
      'user=bob',
      'logon',
    ]);
    assert.deepEqual(said(sessions(locked(alice)), sessions(away(locked(alice)), bob)), ['user=bob', 'logon']);
  });

  it('count logins at the machine only: consoles and desktops, not ssh', () => {
    const ssh = session('9', { seat: undefined, type: 'tty' });
    assert.deepEqual(said(sessions(ssh)), ['logoff', 'user=']);
    assert.deepEqual(said(sessions(session('9', { type: 'tty', user: 'root', uid: 0 }))), ['user=root', 'logon']);
  });

  it('are not said of what did not last', () => {
    const behind = [sessions(greeter('c1'), away(alice)), sessions(greeter('c1'), away(locked(alice)))];
    const { effects } = play(sessions(alice), quiet, ...behind, quiet);
    assert.deepEqual(effects, [{ do: 'say', word: { word: 'session-lock' } }]);
  });

  it('can be repeated for a host that has lost them', () => {
    assert.deepEqual(presentWords(initial), []);
    assert.deepEqual(presentWords(play(sessions(locked(alice))).state).map(short), ['user=alice', 'logon', 'lock']);
    assert.deepEqual(presentWords(play(sessions()).state).map(short), ['logoff', 'user=']);
  });
});

describe('the events', () => {
  const told = (...inputs: Input[]) =>
    play(...inputs).effects.flatMap((effect) =>
      effect.do === 'tell' ? [`${effect.event.event.replace('session-', '')} ${effect.event.session.id}`] : [],
    );

  it('tell of each session what changed, removals first', () => {
    assert.deepEqual(told(sessions(locked(alice))), ['added 1', 'active 1', 'locked 1']);
    assert.deepEqual(told(sessions(alice), sessions(locked(alice))), ['locked 1']);
    assert.deepEqual(told(sessions(locked(alice)), sessions(away(alice))), ['inactive 1', 'unlocked 1']);
    assert.deepEqual(told(sessions(alice), sessions(bob)), ['removed 1', 'added 2', 'active 2']);
  });
});

describe('whatever comes', () => {
  it('illegal inputs are counted, never thrown, and the first one counts', () => {
    const { state, effects } = play(sessions(alice, { ...bob, id: '1' }));
    assert.equal(state.served?.session.user, 'alice');
    assert.ok(effects.some((effect) => effect.do === 'count-unexpected' && effect.what === 'duplicate-session'));
    const twice = { session: '1', uid: 1 };
    assert.deepEqual(play(agents(twice, twice)).effects, [{ do: 'count-unexpected', what: 'duplicate-agent' }]);
    assert.deepEqual(play(quiet).effects, []);
  });

  it('the state never holds what is no longer so, and the effects tell exactly the difference', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const pick = random(seed);
      let state = initial;
      let served: Served | undefined;
      const known = new Set<string>();
      for (let steps = 0; steps < 12; steps++) {
        const input = anything(pick);
        const next = step(state, input);
        for (const effect of next.effects) {
          if (effect.do === 'serve') {
            assert.ok(sameServed(effect.before, served), `seed ${seed}: not what was served before`);
            assert.ok(!sameServed(effect.now, served), `seed ${seed}: no change`);
            served = effect.now;
          }
          if (effect.do === 'tell' && effect.event.event === 'session-added') known.add(effect.event.session.id);
          if (effect.do === 'tell' && effect.event.event === 'session-removed') known.delete(effect.event.session.id);
        }
        state = next.state;
        check(state, served, known, `seed ${seed}`);
      }
    }
  });
});

/** Rules that hold in every state. */
function check(state: State, told: Served | undefined, known: ReadonlySet<string>, seed: string): void {
  const { served, snapshot: now } = state;
  assert.ok(sameServed(told, served), `${seed}: a change was not told`);
  if (now === undefined) return;
  assert.deepEqual(known, new Set(now.sessions.map(({ id }) => id)), seed);
  if (served !== undefined && now.source === 'logind') {
    const { session: one } = served;
    assert.ok(now.sessions.includes(one), `${seed}: a stale session is served`);
    assert.ok(one.active && !isClosing(one), `${seed}: ${one.id} is in the background`);
    assert.ok(!(served.clipboard || served.files) || (isUser(one) && !one.locked), `${seed}: too many rights`);
    assert.ok(isUser(one) || isGreeter(one), seed);
    if (one.seat !== 'seat0') {
      const better = now.sessions.find(
        (s) => s.seat === 'seat0' && s.active && s.type === 'x11' && s.state === 'active',
      );
      assert.ok(better === undefined || !isUser(better), `${seed}: seat0 goes first`);
    }
  }
  if (state.console !== undefined) assert.ok(now.sessions.includes(state.console), `${seed}: a stale user`);
}

function anything(pick: (limit: number) => number): Input {
  const one = <T>(...values: [T, ...T[]]): T => values[pick(values.length)] ?? values[0];
  const many = <T>(make: () => T): T[] => Array.from({ length: pick(4) }, make);
  if (pick(5) === 0) return quiet;
  if (pick(4) === 0) return agents(...many(() => ({ session: one('1', '2', '3'), uid: one(0, 1000) })));
  const all = many(() =>
    session(one('1', '2', '3'), {
      uid: one(0, 1000, 1001),
      class: one('user', 'user', 'greeter', 'background', 'word-of-a-newer-logind'),
      type: one('x11', 'tty', 'unspecified'),
      seat: one('seat0', 'seat1', undefined),
      active: pick(2) === 0,
      locked: pick(3) === 0,
      state: one('active', 'online', 'closing'),
    }),
  );
  const now: SessionsSnapshot = { sessions: all, source: one('logind', 'logind', 'utmp', 'none') };
  return { on: 'sessions', snapshot: now };
}
