import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as session from '#session-agent/clipboard/machine.ts';
import * as system from '#system-agent/vdagent/clipboard/machine.ts';
import { random } from '#test/support/random.ts';

/** What the link carries about one selection: the host's rights and grabs go down, the session's grabs up. */
type Message =
  | { readonly say: 'rights'; readonly allowed: boolean }
  | { readonly say: 'grab'; readonly serial: number | undefined }
  | { readonly say: 'release' };

/** Both machines and what is on its way between them, in order. */
interface World {
  readonly system: system.State;
  readonly session: session.State;
  readonly down: readonly Message[];
  readonly up: readonly Message[];
  /** An application has become owner and is being asked what it has. */
  readonly isAsking: boolean;
  readonly isLocked: boolean;
}

const types = ['text'] as const;

/** What people and applications do. Each that cannot be done now changes nothing. */
const DEEDS: Readonly<Record<string, (world: World) => World>> = {
  'the client copies': (world) => inSystem(world, { on: 'client-grabbed', serial: undefined, types }),
  'the client releases': (world) => inSystem(world, { on: 'client-released' }),
  'an application takes': (world) => ({ ...inSession(world, { on: 'app-took' }), isAsking: true }),
  'it has text': (world) =>
    world.isAsking ? { ...inSession(world, { on: 'app-copied', types }), isAsking: false } : world,
  'it has nothing': (world) => ({ ...inSession(world, { on: 'app-cleared' }), isAsking: false }),
  lock: (world) => lock(world, true),
  unlock: (world) => lock(world, false),
};

/** What the link does. */
const DELIVERIES: Readonly<Record<string, (world: World) => World>> = {
  down: (world) => {
    const [message, ...down] = world.down;
    return message === undefined ? world : inSession({ ...world, down }, heardBySession(message));
  },
  up: (world) => up(world, false),
  /** The client has copied since, as far as the clocks know. */
  'up, older': (world) => up(world, true),
};

function up(world: World, isOlder: boolean): World {
  const [message, ...rest] = world.up;
  return message === undefined ? world : inSystem({ ...world, up: rest }, heardBySystem(message, isOlder));
}

function lock(world: World, isLocked: boolean): World {
  if (world.isLocked === isLocked) return world;
  const told: World = { ...world, isLocked, down: [...world.down, { say: 'rights', allowed: !isLocked }] };
  return inSystem(told, { on: isLocked ? 'closed' : 'opened' });
}

function inSystem(world: World, input: system.Input): World {
  const { state, effects } = system.step(world.system, input);
  const said = effects.flatMap((effect): Message[] => {
    if (effect.do === 'offer') return [{ say: 'grab', serial: effect.serial }];
    return effect.do === 'withdraw' ? [{ say: 'release' }] : [];
  });
  return { ...world, system: state, down: [...world.down, ...said] };
}

function inSession(world: World, input: session.Input): World {
  const { state, effects } = session.step(world.session, input);
  const said = effects.flatMap((effect): Message[] => {
    if (effect.do === 'send-grab') return [{ say: 'grab', serial: effect.hostSerial }];
    return effect.do === 'send-release' ? [{ say: 'release' }] : [];
  });
  // A desktop that takes the selection for the host asks the former owner nothing more.
  const isAsking = world.isAsking && !effects.some((effect) => effect.do === 'offer');
  return { ...world, session: state, up: [...world.up, ...said], isAsking };
}

function heardBySession(message: Message): session.Input {
  if (message.say === 'grab') return { on: 'host-grabbed', types, serial: message.serial };
  return message.say === 'release' ? { on: 'host-released' } : { on: 'rights', allowed: message.allowed };
}

function heardBySystem(message: Message, isOlder: boolean): system.Input {
  if (message.say === 'grab') return { on: 'guest-grabbed', types, offerSerial: message.serial, isOlder };
  return { on: 'guest-released' };
}

const isQuiet = ({ down, up, isAsking }: World) => down.length + up.length === 0 && !isAsking;

function deliverAll(world: World): World {
  const next = [DELIVERIES.down, DELIVERIES.up].reduce((now, deliver) => deliver?.(now) ?? now, world);
  return next.down.length + next.up.length === 0 ? next : deliverAll(next);
}

const beginning = deliverAll(
  lock(
    {
      system: system.initial,
      session: session.initial,
      down: [],
      up: [],
      isAsking: false,
      isLocked: true,
    },
    false,
  ),
);

/** Nothing is on its way: both sides must name the same owner. A session may have lost what the client still has. */
function assertAgreed({ system, session, isLocked }: World, how: string): void {
  const { owner } = session;
  const theirs = owner.kind === 'guest' && !owner.announced ? 'nobody' : owner.kind;
  const pair = `system: ${system.owner}, session: ${theirs}`;
  const agreed: readonly string[] = isLocked
    ? ['system: nobody, session: nobody']
    : [
        'system: nobody, session: nobody',
        'system: guest, session: guest',
        'system: client, session: host',
        'system: client, session: nobody',
      ];
  assert.ok(agreed.includes(pair), `${pair} after ${how}`);
}

describe('the two machines of a selection', () => {
  it('agree once everything has arrived, in every interleaving of seven deeds', () => {
    const seen = new Set<string>();
    let quiet = 0;
    const explore = (world: World, left: number, how: readonly string[]): void => {
      const key = `${left} ${JSON.stringify(world)}`;
      if (seen.has(key)) return;
      seen.add(key);
      if (isQuiet(world)) {
        quiet++;
        assertAgreed(world, how.join(', '));
      }
      for (const [name, deliver] of Object.entries(DELIVERIES)) {
        const next = deliver(world);
        if (next !== world) explore(next, left, [...how, name]);
      }
      if (left === 0) return;
      for (const [name, deed] of Object.entries(DEEDS)) {
        const next = deed(world);
        if (next !== world) explore(next, left - 1, [...how, name]);
      }
    };
    explore(beginning, 7, []);
    assert.ok(quiet > 100, `${quiet} of ${seen.size} worlds are quiet`);
  });

  it('agree whenever everything has arrived, whatever happens for long', () => {
    const deeds = Object.entries({ ...DEEDS, ...DELIVERIES });
    for (let seed = 1; seed <= 300; seed++) {
      const pick = random(seed);
      let world = beginning;
      for (let turn = 0; turn < 200; turn++) {
        const [, deed] = deeds[pick(deeds.length)] ?? [];
        world = deed?.(world) ?? world;
        if (isQuiet(world)) assertAgreed(world, `${turn} turns of seed ${seed}`);
      }
    }
  });

  it('name whoever was last when nothing crosses', () => {
    let world = beginning;
    const deeds = ['the client copies', 'an application takes', 'it has text', 'the client copies', 'it has nothing'];
    const owners = deeds.map((name) => {
      world = deliverAll(DEEDS[name]?.(world) ?? world);
      return world.system.owner;
    });
    assert.deepEqual(owners, ['client', 'client', 'guest', 'client', 'client']);
  });

  it('name the client when grabs cross, and the application when it copies once more', () => {
    const both = ['an application takes', 'the client copies', 'it has text'];
    let world = both.reduce((now, name) => DEEDS[name]?.(now) ?? now, beginning);
    assert.equal(world.up.length + world.down.length, 2);
    world = deliverAll(world);
    assert.deepEqual([world.system.owner, world.session.owner.kind], ['client', 'host']);
    world = ['an application takes', 'it has text'].reduce((now, name) => DEEDS[name]?.(now) ?? now, world);
    world = deliverAll(world);
    assert.deepEqual([world.system.owner, world.session.owner.kind], ['guest', 'guest']);
  });

  it('a grab of an agent that does not count them is taken', () => {
    const world = deliverAll(DEEDS['the client copies']?.(beginning) ?? beginning);
    const { state } = system.step(world.system, { on: 'guest-grabbed', types, offerSerial: undefined, isOlder: false });
    assert.equal(state.owner, 'guest');
  });
});
