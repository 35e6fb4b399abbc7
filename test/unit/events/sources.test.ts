import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { silent } from '#shared/log/log.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import type { ClockReadings } from '#system-agent/clock/changes.ts';
import { EventHub } from '#system-agent/events/hub.ts';
import type { AgentEvent } from '#system-agent/events/kinds.ts';
import { addressesSource } from '#system-agent/events/sources/addresses.ts';
import { clockSource } from '#system-agent/events/sources/clock.ts';
import { freezeSource } from '#system-agent/events/sources/freeze.ts';
import { mountsSource } from '#system-agent/events/sources/mounts.ts';
import { sessionsSource } from '#system-agent/events/sources/sessions.ts';
import { shutdownSource } from '#system-agent/events/sources/shutdown.ts';
import type { Source } from '#system-agent/events/sources/source.ts';
import { EventWatching } from '#system-agent/events/watching.ts';
import type { FreezeDescription } from '#system-agent/freeze/freeze.ts';
import type { NetworkInterface } from '#system-agent/network/network.ts';
import { MANAGER_PATH, SERVICE } from '#system-agent/sessions/login1.ts';
import type { SessionEvent } from '#system-agent/sessions/machine.ts';
import { FakeBus } from '#test/fakes/bus.ts';
import { fakePlatform } from '#test/fakes/platform.ts';
import { session } from '#test/support/sessions.ts';

const GATHER_MS = 200;

/** Somebody who calls back when the test says so. */
class Bell {
  readonly #listeners = new Set<() => void>();

  readonly onChange = (listener: () => void): Disposable => {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  ring(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function listenTo(source: Source): { readonly events: AgentEvent[]; readonly listening: Disposable } {
  const events: AgentEvent[] = [];
  return { events, listening: source.listen((event) => events.push(event)) };
}

function eth(name: string, address: string, rxBytes = 0n): NetworkInterface {
  const statistics = {
    ...{ rxBytes, rxPackets: 0n, rxErrors: 0n, rxDropped: 0n },
    ...{ txBytes: 0n, txPackets: 0n, txErrors: 0n, txDropped: 0n },
  };
  return { name, up: true, loopback: false, addresses: [{ family: 'ipv4', address, prefix: 24 }], statistics };
}

describe('addresses', () => {
  const bell = new Bell();
  let interfaces: NetworkInterface[] = [];
  const network = { ...fakePlatform().network, interfaces: () => interfaces, onChange: bell.onChange };

  it('a burst is one event with the names of what has changed; counters are no change', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      interfaces = [eth('eth0', '192.0.2.1'), eth('eth1', '192.0.2.2'), eth('eth2', '192.0.2.3')];
      const { events, listening } = listenTo(addressesSource(network, silent));
      interfaces = [eth('eth0', '192.0.2.1', 99n), eth('eth1', '192.0.2.9'), eth('eth3', '192.0.2.3')];
      bell.ring();
      bell.ring();
      assert.deepEqual(events, []);
      mock.timers.tick(GATHER_MS);
      const changed = { event: 'ADDRESSES_CHANGED', data: { interfaces: ['eth1', 'eth2', 'eth3'], more: 0n } };
      assert.deepEqual(events, [changed]);
      interfaces = [eth('eth0', '192.0.2.1', 999n), ...interfaces.slice(1)];
      bell.ring();
      mock.timers.tick(GATHER_MS);
      assert.equal(events.length, 1);
      bell.ring();
      listening[Symbol.dispose]();
      mock.timers.tick(GATHER_MS);
      assert.equal(bell.listeners, 0);
    } finally {
      mock.timers.reset();
    }
  });

  it('what has changed while nobody listened is told by the next who does', () => {
    interfaces = [eth('eth0', '192.0.2.1')];
    const source = addressesSource(network, silent);
    listenTo(source).listening[Symbol.dispose]();
    interfaces = [];
    const { events, listening } = listenTo(source);
    listening[Symbol.dispose]();
    assert.deepEqual(events, [{ event: 'ADDRESSES_CHANGED', data: { interfaces: ['eth0'], more: 0n } }]);
  });

  it('no more than sixteen are named', () => {
    interfaces = [];
    const source = addressesSource(network, silent);
    listenTo(source).listening[Symbol.dispose]();
    interfaces = Array.from({ length: 100 }, (_, at) => eth(`eth${at}`, '192.0.2.1'));
    const { events, listening } = listenTo(source);
    listening[Symbol.dispose]();
    const names = Array.from({ length: 16 }, (_, at) => `eth${at}`);
    assert.deepEqual(events, [{ event: 'ADDRESSES_CHANGED', data: { interfaces: names, more: 84n } }]);
  });

  it('a system that does not tell for once is asked again at the next change', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let isTelling = true;
      const moody = {
        ...network,
        interfaces: () => {
          if (!isTelling) throw new Error('no');
          return interfaces;
        },
      };
      interfaces = [];
      const { events, listening } = listenTo(addressesSource(moody, silent));
      isTelling = false;
      bell.ring();
      mock.timers.tick(GATHER_MS);
      isTelling = true;
      interfaces = [eth('eth0', '192.0.2.1')];
      bell.ring();
      mock.timers.tick(GATHER_MS);
      listening[Symbol.dispose]();
      assert.equal(events.length, 1);
    } finally {
      mock.timers.reset();
    }
  });
});

describe('mounts', () => {
  it('are told by their mount points', () => {
    const at = (mountPoint: string, minor: number) => {
      return { mountPoint, path: Buffer.from(mountPoint), type: 'ext4', major: 8, minor };
    };
    let list = [at('/', 1), at('/data', 2)];
    const mounts = { ...fakePlatform().mounts, list: () => list };
    const source = mountsSource(mounts, silent);
    listenTo(source).listening[Symbol.dispose]();
    list = [at('/', 1), at('/data', 3), at('/more', 4)];
    const { events, listening } = listenTo(source);
    listening[Symbol.dispose]();
    assert.deepEqual(events, [
      { event: 'MOUNTS_CHANGED', data: { mounted: ['/data', '/more'], unmounted: ['/data'], more: 0n } },
    ]);
  });
});

describe('sessions', () => {
  it('are told with who they are, and nothing else of them', () => {
    let tell: (event: SessionEvent) => void = () => {};
    const director = {
      onEvent: (listener: (event: SessionEvent) => void) => {
        tell = listener;
        return { [Symbol.dispose]: () => {} };
      },
    };
    const { events } = listenTo(sessionsSource(director));
    tell({ event: 'session-locked', session: session('3') });
    tell({ event: 'session-added', session: session('4', { seat: undefined, type: 'tty' }) });
    const alice = { uid: 1000n, user: 'alice', class: 'user' };
    assert.deepEqual(events, [
      { event: 'SESSION_LOCKED', data: { session: { id: '3', ...alice, type: 'wayland', seat: 'seat0' } } },
      { event: 'SESSION_ADDED', data: { session: { id: '4', ...alice, type: 'tty', seat: undefined } } },
    ]);
  });
});

describe('freezes', () => {
  const bell = new Bell();
  const nothing: FreezeDescription = { phase: 'thawed', fileSystems: [], leftOut: [], hooks: [] };
  let now = nothing;
  const freeze = { describe: () => now, onChange: bell.onChange };
  const become = (changes: Partial<FreezeDescription>) => {
    now = { ...nothing, ...changes };
    bell.ring();
  };
  const fileSystems = [
    { mountPoint: '/', type: 'ext4', frozen: true },
    { mountPoint: '/x', type: 'ext4', frozen: false },
  ];

  it('are told when they are complete and when they end, with the reason of an early end', () => {
    now = nothing;
    const { events, listening } = listenTo(freezeSource(freeze));
    become({ phase: 'frozen', fileSystems });
    become({ phase: 'thawed', fileSystems });
    become({ phase: 'frozen', fileSystems });
    become({ phase: 'thawed', fileSystems, ended: 'the lease has ended' });
    listening[Symbol.dispose]();
    assert.deepEqual(events, [
      { event: 'GUEST_FROZEN', data: { filesystems: 1n } },
      { event: 'GUEST_THAWED', data: { reason: undefined } },
      { event: 'GUEST_FROZEN', data: { filesystems: 1n } },
      { event: 'GUEST_THAWED', data: { reason: 'the lease has ended' } },
    ]);
  });

  it('that came to nothing are not told', () => {
    now = nothing;
    const { events, listening } = listenTo(freezeSource(freeze));
    become({ phase: 'thawed', fileSystems });
    listening[Symbol.dispose]();
    assert.deepEqual(events, []);
  });

  it('that an earlier agent has left behind are told', () => {
    now = { ...nothing, ended: 'the agent died' };
    const { events, listening } = listenTo(freezeSource(freeze));
    listening[Symbol.dispose]();
    assert.deepEqual(events, [{ event: 'GUEST_THAWED', data: { reason: 'the agent died' } }]);
  });
});

describe('clock', () => {
  const SECOND = 1_000_000_000n;

  /** @param steps how far each clock goes between two calls */
  function eventsOf(...steps: Partial<ClockReadings>[]): AgentEvent[] {
    const bell = new Bell();
    let now: ClockReadings = { wall: 1_700_000_000n * SECOND, boot: 50n * SECOND, awake: 40n * SECOND };
    const { events } = listenTo(clockSource({ read: () => now, onSet: bell.onChange }));
    for (const { wall = 0n, boot = 0n, awake = 0n } of steps) {
      now = { wall: now.wall + wall, boot: now.boot + boot, awake: now.awake + awake };
      bell.ring();
    }
    return events;
  }

  it('that runs is no event', () => {
    assert.deepEqual(eventsOf({ wall: 9n * SECOND, boot: 9n * SECOND, awake: 9n * SECOND }), []);
  });

  it('that was set has jumped, forth or back', () => {
    assert.deepEqual(eventsOf({ wall: 61n * SECOND, boot: SECOND, awake: SECOND }, { wall: -2_500_000_000n }), [
      { event: 'CLOCK_JUMPED', data: { seconds: 60 } },
      { event: 'CLOCK_JUMPED', data: { seconds: -2.5 } },
    ]);
  });

  it('of a guest that has slept has not jumped', () => {
    assert.deepEqual(eventsOf({ wall: 3600n * SECOND, boot: 3600n * SECOND, awake: SECOND }), [
      { event: 'RESUMED', data: { seconds: 3599 } },
    ]);
  });

  it('that is corrected by little is no event until it adds up', () => {
    const little = { wall: 40_000_000n };
    assert.deepEqual(eventsOf(little, little), []);
    assert.deepEqual(eventsOf(little, little, little), [{ event: 'CLOCK_JUMPED', data: { seconds: 0.12 } }]);
  });
});

describe('shutdown', () => {
  it('is what logind announces, and not what it calls off', () => {
    const bus = new FakeBus();
    const { events } = listenTo(shutdownSource(bus));
    const say = (begins: boolean) =>
      bus.emit(SERVICE, MANAGER_PATH, 'org.freedesktop.login1.Manager', 'PrepareForShutdown', begins);
    say(false);
    assert.deepEqual(events, []);
    say(true);
    assert.deepEqual(events, [{ event: 'SHUTDOWN_BEGUN', data: {} }]);
  });
});

describe('listening', () => {
  const MINUTES_5 = 300_000;

  function rig() {
    const always = new Bell();
    const onDemand = new Bell();
    const hub = new EventHub(() => 1);
    const sourceOf = (name: string, bell: Bell): Source => ({ name, listen: () => bell.onChange(() => {}) });
    const broken: Source = {
      name: 'broken',
      listen: () => {
        throw new Error('no such thing here');
      },
    };
    const log = new MemoryLog();
    const sources = { always: [broken, sourceOf('always', always)], onDemand: [broken, sourceOf('demand', onDemand)] };
    const ask = () => hub.wait({ cursor: undefined, timeoutMs: 0, host: new AbortController().signal });
    return { always, onDemand, watching: new EventWatching(hub, sources, log), ask, log };
  }

  it('to what is not free only while somebody asks', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const { always, onDemand, watching, ask } = rig();
      await watching.start();
      assert.deepEqual([always.listeners, onDemand.listeners], [1, 0]);
      await ask();
      assert.equal(onDemand.listeners, 1);
      mock.timers.tick(MINUTES_5 - 1);
      assert.equal(onDemand.listeners, 1);
      mock.timers.tick(1);
      assert.equal(onDemand.listeners, 0);
      await ask();
      assert.equal(onDemand.listeners, 1);
      await watching.stop();
      await watching.stop();
      assert.deepEqual([always.listeners, onDemand.listeners], [0, 0]);
    } finally {
      mock.timers.reset();
    }
  });

  it('a source that does not work is said, and the others are heard', async () => {
    const { always, watching, log } = rig();
    await watching.start();
    assert.equal(always.listeners, 1);
    assert.ok(JSON.stringify(log.lines).includes('broken'));
    await watching.stop();
  });
});
