import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSystemAgent } from '#test/support/agents.ts';
import { Judge, withoutVdsm } from '#test/support/ovirt/judge.ts';
import { MESSAGE_NAMES } from '#test/support/ovirt/required.ts';
import { ovirtRig } from '#test/support/ovirt/rig.ts';
import { temporaryFolder } from '#test/support/programs.ts';

interface Info {
  readonly version: number;
  readonly session: string;
  readonly username: string;
  readonly guestFQDN: string;
  readonly guestOs: string;
  readonly guestCPUCount: number;
  readonly memUsage: number;
  readonly appsList: readonly string[];
  readonly guestContainers: readonly unknown[];
  readonly disksUsage: readonly { readonly path: string }[];
  readonly guestTimezone: unknown;
}

const DEADLINE_MS = 30_000;

async function knows(judge: Judge, what: string, test: (info: Info) => boolean): Promise<Info> {
  for (const end = Date.now() + DEADLINE_MS; ; await sleep(50)) {
    const { result, complaints } = await judge.ask('info');
    assert.deepEqual(complaints, []);
    if (test(result as Info)) return result as Info;
    assert.ok(Date.now() < end, `VDSM never heard of ${what}: ${JSON.stringify(result)}`);
  }
}

describe("VDSM's own reader", { skip: withoutVdsm() }, () => {
  it('takes a recorded dialogue with every message without a complaint', async () => {
    using folder = temporaryFolder();
    const socket = path.join(folder.path, 'replay.sock');
    const bytes = await everyMessage();
    const server = createServer((host) => host.on('error', () => {}).write(bytes));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      using judge = new Judge(socket);
      const info = await knows(judge, 'the end of the session', ({ session }) => session === 'LoggedOff');
      assert.deepEqual(
        [info.username, info.guestFQDN, info.guestOs, info.guestCPUCount, info.memUsage, info.appsList],
        ['None', 'guest.example.org', '6.1', 4, 1562, []],
      );
      assert.equal(info.guestContainers.length, 1);
    } finally {
      server.close();
    }
  });

  it('holds a live dialogue without a complaint', async () => {
    using folder = temporaryFolder();
    const config = path.join(folder.path, 'uga.conf');
    const socket = path.join(folder.path, 'ovirt.sock');
    writeFileSync(config, '[ovirt]\nheart_beat_rate=1\n[originals]\nhonour=no\n');
    await using agent = await startSystemAgent('--config', config, '--ovirt', `unix-listen:${socket}`);
    using judge = new Judge(socket);
    const info = await knows(
      judge,
      'all that comes with version 3',
      (now) =>
        now.version === 3 && now.disksUsage.length > 0 && now.guestTimezone !== undefined && now.guestOs !== undefined,
    );
    assert.equal(info.guestOs, readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim());
    assert.match(info.appsList.at(-1) ?? '', /^ovirt-guest-agent-\d/);
    await judge.ask('setNumberOfCPUs', 1);
    await knows(judge, 'the processors', ({ guestCPUCount }) => guestCPUCount > 0);
    const begun = performance.now();
    for (const word of ['before_migration', 'before_hibernation']) await judge.ask(word, 10);
    for (const word of ['after_migration', 'after_migration_failure', 'after_hibernation']) await judge.ask(word);
    assert.ok(performance.now() - begun < 10_000, 'VDSM had its completions before it gave up');
    await judge.ask('desktopShutdown', 30, 'Going \u017e down', true); // refused here
    await judge.ask('sendHcCmdToDesktop', 'hibernate');
    await judge.ask('sendHcCmdToDesktop', 'echo').then(() => sleep(100));
    const { complaints } = await judge.ask('info');
    // The original sends it too, and VDSM has no name for it.
    assert.deepEqual(complaints, ['Unknown message type echo']);
    assert.ok(agent.program.running);
  });
});

/** What our door has said to a host that asked for everything there is, and the last word of a package. */
async function everyMessage(): Promise<Buffer> {
  const rig = await ovirtRig();
  rig.channel.connect();
  rig.host.version = 3;
  rig.host.say('api-version', { apiVersion: 3 });
  await rig.listen();
  rig.host.refresh();
  rig.host.say('set-number-of-cpus', { count: 2 });
  rig.host.say('lifecycle-event', { type: 'before_migration', reply_id: 'id' });
  await rig.listen();
  for (const locked of [false, true, false]) rig.console.tell('alice', locked);
  rig.console.tell('');
  await rig.listen();
  await rig.door.stop();
  await rig.listen();
  const [, uninstalled = ''] = /printf '([^']+)\\n'/.exec(readFileSync('installer/debian/prerm', 'utf8')) ?? [];
  const names = new Set([...rig.host.heard.map(({ name }) => name), JSON.parse(uninstalled).__name__]);
  assert.deepEqual([...names, 'echo'].sort(), [...MESSAGE_NAMES].sort(), 'all but echo, which VDSM does not know');
  return Buffer.concat([rig.transcript(), Buffer.from(`${uninstalled}\n`)]);
}
