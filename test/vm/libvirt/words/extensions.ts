import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/wait.ts';
import type { Domain } from '../domain.ts';

const EVENT_TIMEOUT_MS = 60_000;
/** The guest's hardware clock, by which it knows how long it has slept, counts whole seconds. */
const SLEEP_MS = 5_000;

interface Batch {
  readonly cursor: number;
  readonly events: readonly { readonly event: string; readonly data: Readonly<Record<string, unknown>> }[];
  readonly missed: number;
  readonly restarted: boolean;
}

/** Commands that only this agent has, through libvirt: the examples of docs/hosts/libvirt.md. */
export function extensions(domain: () => Domain): void {
  const inside = (command: string) => domain().shell.run(command);
  const ask = (execute: string, args: object = {}) => domain().ask({ execute, arguments: args });
  const wait = async (args: object) => (await ask('uga-event-wait', args)) as Batch;

  /** What comes after a cursor, up to the first event of that name. */
  async function eventAfter(cursor: number, name: string): Promise<Batch['events'][number]['data']> {
    let next = cursor;
    return until(EVENT_TIMEOUT_MS, name, async () => {
      const { events, missed, restarted, ...rest } = await wait({ cursor: next, timeout: 2000 });
      assert.deepEqual({ missed, restarted }, { missed: 0, restarted: false });
      next = rest.cursor;
      return events.find(({ event }) => event === name)?.data;
    });
  }

  it('uga-query-schema: what guest-info lists, with arguments and results', async () => {
    const { supported_commands: listed } = (await ask('guest-info')) as { supported_commands: { name: string }[] };
    const { commands } = (await ask('uga-query-schema')) as { commands: { name: string; returns?: string }[] };
    const namesOf = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name);
    assert.deepEqual(namesOf(commands), namesOf(listed));
    assert.equal(commands.find(({ name }) => name === 'guest-get-osinfo')?.returns, 'GuestOSInfo');
  });

  it('uga-audit-head: an anchor by which the guest checks its log; one with another hash is found', async () => {
    const anchorOf = async () => {
      const { count, hash } = (await ask('uga-audit-head')) as { count: number; hash: string };
      return `${count}:${hash}`;
    };
    const handle = await ask('guest-file-open', { path: '/etc/hostname' }); // something that is recorded
    await ask('guest-file-close', { handle });
    const anchor = await anchorOf();
    assert.match(await inside(`uga audit verify --anchor ${anchor}`), /^whole: records 1 to \d+, /);
    const other = anchor.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    assert.match(await inside(`uga audit verify --anchor ${other} 2>&1 || echo status $?`), /status 1$/);
  });

  it('uga-freeze-status and uga-freeze-renew, and the events of a freeze after the thaw', async () => {
    const { cursor } = await wait({});
    await domain().virsh('domfsfreeze');
    assert.equal(await ask('uga-freeze-renew', { seconds: 300 }), 300);
    const { state, achieved } = (await ask('uga-freeze-status')) as { state: string; achieved: string };
    assert.deepEqual({ state, achieved }, { state: 'frozen', achieved: 'consistent' });
    await assert.rejects(wait({ cursor }), /the agent is in frozen state/);
    await domain().virsh('domfsthaw');
    assert.deepEqual(await eventAfter(cursor, 'GUEST_FROZEN'), { filesystems: 1 });
    assert.deepEqual(await eventAfter(cursor, 'GUEST_THAWED'), {});
  });

  it('uga-event-wait: an address', async () => {
    const { cursor } = await wait({});
    await inside('ip address add 198.51.100.1/32 dev lo');
    assert.deepEqual(await eventAfter(cursor, 'ADDRESSES_CHANGED'), { interfaces: ['lo'], more: 0 });
    await inside('ip address del 198.51.100.1/32 dev lo');
  });

  it('uga-event-wait: a file system that is mounted, and unmounted', async () => {
    const { cursor } = await wait({});
    await inside('truncate -s 16M /root/image && mkfs.ext4 -q /root/image && mkdir -p /root/mounted');
    await inside('mount -o loop /root/image /root/mounted');
    const place = '/root/mounted';
    assert.deepEqual(await eventAfter(cursor, 'MOUNTS_CHANGED'), { mounted: [place], unmounted: [], more: 0 });
    const { cursor: next } = await wait({});
    await inside('umount /root/mounted && rm /root/image');
    assert.deepEqual(await eventAfter(next, 'MOUNTS_CHANGED'), { mounted: [], unmounted: [place], more: 0 });
  });

  it('uga-event-wait: that the guest has slept', async () => {
    const { cursor } = await wait({});
    await domain().virsh('dompmsuspend', 'mem');
    const isAsleep = async () => ((await domain().virsh('domstate')) === 'pmsuspended' ? true : undefined);
    await until(EVENT_TIMEOUT_MS, 'the guest to sleep', isAsleep);
    await sleep(SLEEP_MS);
    await domain().virsh('dompmwakeup');
    await domain().channelBecomes('connected', EVENT_TIMEOUT_MS);
    const { seconds } = await eventAfter(cursor, 'RESUMED');
    assert.ok(Number(seconds) >= SLEEP_MS / 1000 - 2, String(seconds));
  });

  it('uga-event-wait: the clock that a host sets', async () => {
    const { cursor } = await wait({});
    const later = BigInt(await inside('date +%s')) + 3600n;
    await domain().virsh('domtime', '--time', String(later));
    const { seconds } = await eventAfter(cursor, 'CLOCK_JUMPED');
    assert.ok(Math.abs(Number(seconds) - 3600) < 60, String(seconds));
    await domain().virsh('domtime', '--time', String(later - 3600n));
  });
}
