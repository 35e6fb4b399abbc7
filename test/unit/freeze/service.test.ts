import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '#shared/errors.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { LogValve } from '#shared/log/valve.ts';
import type { FreezeHooks, HookResult } from '#system-agent/freeze/hooks/hooks.ts';
import { FreezeService } from '#system-agent/freeze/service.ts';
import { FakeFreezeSystem } from './fake-system.ts';

const LEASE = 600;

interface Setup {
  readonly mountPoints?: readonly string[];
  readonly hooks?: Partial<FreezeHooks>;
  readonly before?: (system: FakeFreezeSystem) => void;
}

/** File systems in the order of freezing. */
async function start({ mountPoints = ['/data', '/'], hooks = {}, before }: Setup = {}) {
  const system = new FakeFreezeSystem(mountPoints);
  before?.(system);
  const valve = new LogValve(() => {});
  const hook = (phase: 'freeze' | 'thaw') => async (): Promise<readonly HookResult[]> => {
    system.said.push(`hooks ${phase}`);
    return [{ name: 'h', phase, milliseconds: 1, outcome: 'done' }];
  };
  const service = new FreezeService({
    system,
    hooks: { freeze: hook('freeze'), thaw: hook('thaw'), ...hooks },
    lease: LEASE,
    valve,
    log: new MemoryLog(),
  });
  await service.start();
  return { system, service, valve };
}

function gate(): { readonly promise: Promise<boolean>; open(): void } {
  let open = () => {};
  const promise = new Promise<boolean>((resolve) => {
    open = () => resolve(true);
  });
  return { promise, open: () => open() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a freeze', () => {
  it('is told when it is complete and when it has ended', async () => {
    const { service } = await start();
    const phases: string[] = [];
    const listening = service.onChange(() => phases.push(service.phase));
    await service.freeze();
    await service.thaw();
    assert.deepEqual(phases, ['frozen', 'thawed']);
    listening[Symbol.dispose]();
    await service.freeze();
    await service.thaw();
    assert.equal(phases.length, 2);
  });

  it('is guarded before anything is frozen, and thawed the other way round', async () => {
    const { system, service, valve } = await start();
    assert.equal(await service.freeze(), 2);
    assert.deepEqual(system.said.splice(0), [
      'hooks freeze',
      'lease 60',
      'hold /data',
      'hold /',
      'freeze /data',
      'freeze /',
      'lease 600',
    ]);
    assert.equal(service.phase, 'frozen');
    assert.equal(valve.isShut, true);
    assert.deepEqual(system.record, { kind: 'frozen', pid: process.pid });
    assert.equal(service.describe().leaseLeft, LEASE);
    assert.equal(service.describe().achieved, 'consistent');
    assert.equal(await service.thaw(), 2);
    assert.deepEqual(system.said, ['thaw /', 'thaw /data', 'forget', 'hooks thaw']);
    assert.equal(service.phase, 'thawed');
    assert.equal(valve.isShut, false);
    assert.equal(system.record, undefined);
    assert.equal(system.openDescriptors, 0);
  });

  it('of some mount points is what it says', async () => {
    const { system, service } = await start();
    assert.equal(await service.freeze(['/data', '/no']), 1);
    assert.equal(service.describe().achieved, 'crash-consistent');
    assert.deepEqual([...system.frozen], ['/data']);
    system.frozen.add('/'); // by somebody else
    assert.equal(await service.thaw(), 2);
  });

  it('of nothing leaves nothing frozen', async () => {
    const { system, service, valve } = await start();
    assert.equal(await service.freeze([]), 0);
    assert.equal(service.phase, 'thawed');
    assert.equal(valve.isShut, false);
    assert.deepEqual(system.said, ['hooks freeze', 'lease 60', 'forget', 'hooks thaw']);
  });

  it('that fails half-way thaws what was frozen, and says where it failed', async () => {
    const { system, service } = await start({
      before: (system) =>
        system.trouble.set('/', () => Promise.reject(Object.assign(new Error('EIO'), { errno: -5, code: 'EIO' }))),
    });
    await assert.rejects(service.freeze(), { message: 'failed to freeze /: Input/output error' });
    assert.equal(service.phase, 'thawed');
    assert.deepEqual([...system.frozen], []);
    assert.equal(system.said.filter((line) => line === 'hooks thaw').length, 1);
    assert.equal(await service.thaw(), 0);
  });

  it('skips what cannot be frozen, and says so', async () => {
    const { service } = await start({ before: (system) => system.trouble.set('/data', async () => false) });
    assert.equal(await service.freeze(), 1);
    assert.equal(service.describe().achieved, 'crash-consistent');
    await service.thaw();
  });

  it('whose hook fails freezes nothing', async () => {
    const { system, service } = await start({
      hooks: { freeze: () => Promise.reject(new AgentError('failed', 'hook x failed')) },
    });
    await assert.rejects(service.freeze(), /hook x failed/);
    assert.deepEqual(system.said, []);
    assert.equal(service.phase, 'thawed');
  });

  it('without a guard freezes nothing', async () => {
    const { system, service } = await start({
      before: (system) => {
        system.guardFails = true;
      },
    });
    await assert.rejects(service.freeze(), /no guard/);
    assert.equal(service.phase, 'thawed');
    assert.deepEqual(
      system.said.filter((line) => line.startsWith('freeze')),
      [],
    );
    assert.equal(system.openDescriptors, 0);
  });

  it('that takes too long is an error at once, and is thawed when the kernel comes back', async () => {
    const slow = gate();
    const { system, service } = await start({ before: (system) => system.trouble.set('/', () => slow.promise) });
    const freezing = service.freeze();
    while (!system.said.includes('freeze /')) await settled();
    system.events?.leaseEnded();
    await assert.rejects(freezing, /freezing was given up: the lease has ended/);
    while (system.frozen.has('/data')) await settled();
    assert.equal(service.phase, 'thawing');
    slow.open();
    await service.thawed();
    assert.deepEqual([...system.frozen], []);
    assert.equal(await service.thaw(), 0, 'the host was told by the error');
  });

  it('of a disk that does not answer is thawed elsewhere, and keeps no host that asks for the thaw', async (t) => {
    const kernel = gate();
    const before = (fake: FakeFreezeSystem) => fake.trouble.set('/', () => kernel.promise);
    const { system, service } = await start({ before });
    const freezing = service.freeze();
    while (!system.said.includes('freeze /')) await settled();
    system.events?.leaseEnded();
    await assert.rejects(freezing, /freezing was given up/);
    while (system.frozen.has('/data')) await settled();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const thaw = service.thaw();
    t.mock.timers.tick(20_000);
    await assert.rejects(thaw, /still under way/);
    kernel.open();
    await service.thawed();
    assert.deepEqual([...system.frozen], []);
  });

  it('ends when a thaw is asked for meanwhile', async () => {
    const slow = gate();
    const { system, service } = await start({ before: (system) => system.trouble.set('/', () => slow.promise) });
    const freezing = service.freeze();
    freezing.catch(() => {});
    while (!system.said.includes('freeze /')) await settled();
    const thawing = service.thaw();
    slow.open();
    assert.equal(await thawing, 0);
    await assert.rejects(freezing, /a thaw was asked for/);
    assert.equal(service.phase, 'thawed');
    assert.deepEqual([...system.frozen], []);
  });
});

describe('a freeze that nobody thaws', () => {
  for (const [how, reason] of [
    ['leaseEnded', 'the lease has ended'],
    ['lost', 'the guard died'],
  ] as const) {
    it(`is thawed, and the next thaw tells it once (${how})`, async () => {
      const { system, service } = await start();
      await service.freeze();
      system.events?.[how]();
      await service.thawed();
      assert.deepEqual([...system.frozen], []);
      assert.deepEqual(system.record, { kind: 'ended', reason });
      assert.equal(service.describe().achieved, 'lease-expired');
      await assert.rejects(service.thaw(), { code: 'failed', message: new RegExp(`ended early: ${reason}`) });
      assert.equal(system.record, undefined);
      assert.equal(await service.thaw(), 0);
    });
  }

  it('is thawed when the agent is stopped', async () => {
    const { system, service } = await start();
    await service.freeze();
    await service.stop();
    assert.deepEqual([...system.frozen], []);
    assert.deepEqual(system.record, { kind: 'ended', reason: 'the agent was stopped' });
  });

  it('lets a stop that waits go on behind the answer of the thaw', async () => {
    const { service } = await start();
    await service.freeze();
    const order: string[] = [];
    const stop = service.thawed().then(() => order.push('stop'));
    await service.thaw();
    order.push('answer');
    await stop;
    assert.deepEqual(order, ['answer', 'stop']);
  });

  it('can be renewed, but not for ever', async () => {
    const { system, service } = await start();
    await assert.rejects(service.renew(), /no file system is frozen/);
    await service.freeze();
    system.said.length = 0;
    system.time = 100_000;
    assert.equal(await service.renew(), LEASE);
    assert.equal(await service.renew(5), 5);
    assert.deepEqual(system.said, ['lease 600', 'lease 5']);
    assert.equal(service.describe().leaseLeft, 5);
    for (const seconds of [0, -1, 86_401])
      await assert.rejects(service.renew(seconds), /a lease is 1 to 86400 seconds/);
    await service.thaw();
  });
});

describe('an agent that starts', () => {
  it('thaws what an earlier one has left frozen, and tells it', async () => {
    const { system, service } = await start({
      before: (system) => {
        system.record = { kind: 'frozen', pid: 1 };
        system.frozen.add('/');
      },
    });
    assert.deepEqual([...system.frozen], []);
    await assert.rejects(service.thaw(), /ended early: the agent died/);
    assert.equal(await service.thaw(), 0);
  });

  it('tells what the guard has written', async () => {
    const { service } = await start({
      before: (system) => {
        system.record = { kind: 'ended', reason: 'the lease has ended' };
      },
    });
    await assert.rejects(service.thaw(), /ended early: the lease has ended/);
  });

  it("leaves another agent's freeze alone", async () => {
    const { system } = await start({
      before: (system) => {
        system.record = { kind: 'frozen', pid: 1 };
        system.othersAlive = true;
        system.frozen.add('/');
      },
    });
    assert.deepEqual([...system.frozen], ['/']);
  });

  it('keeps what qemu-ga has left frozen, under a lease', async () => {
    const { system, service } = await start({
      before: (system) => {
        system.leftByOriginal = true;
        system.frozen.add('/');
      },
    });
    assert.equal(service.phase, 'frozen');
    assert.ok(system.said.includes('lease 600'));
    assert.equal(await service.thaw(), 1);
    assert.equal(system.leftByOriginal, false);
  });
});
