/**
 * The channel tests as a program, for the inside of a guest:
 *
 *     node channel-probe.js CHANNEL CONTROL      both as on the agent's command line, for instance
 *     node channel-probe.js virtio:org.example.probe.0 virtio:org.example.control.0
 *
 * Who drives it connects to CONTROL and answers the commands of support/channel/remote.ts, for which it makes
 * connections to the host's side of CHANNEL. One line for each test; exit status 1 when one failed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#shared/errors.ts';
import { silent } from '#shared/log/log.ts';
import type { Channel } from '#system-agent/channels/channel.ts';
import { openChannel } from '#system-agent/channels/open.ts';
import { parseChannelSpec } from '#system-agent/channels/spec.ts';
import { Recorder } from '#test/support/channel/recorder.ts';
import { RemoteHost } from '#test/support/channel/remote.ts';
import { channelTests } from '#test/support/channel/suite.ts';

const IDLE_MS = 3_000;
/** The sleep's own, and what V8's helpers do. A wait that polls has more. */
const IDLE_WAKE_UPS = 10;

const [channelText = '', controlText = ''] = process.argv.slice(2);
const host = await RemoteHost.open(create(controlText));
const isVirtio = channelText.startsWith('virtio');
let connected = false;
const tests = channelTests({
  name: channelText,
  tellsHost: !channelText.startsWith('serial'),
  halfCloses: channelText.startsWith('unix'),
  mixesHosts: !channelText.startsWith('unix'),
  bulk: 64 * 1024 * 1024,
  create: () => create(channelText),
  async connect() {
    await host.connect();
    connected = true;
    return host;
  },
  async release() {
    if (connected) await host.close();
    connected = false;
  },
});
let failures = 0;
for (const test of [...tests, { name: 'wakes nobody while no host is there', run: waitWithoutHost }]) {
  if ('skip' in test && test.skip !== undefined) {
    console.log(`skip ${test.name}: ${test.skip}`);
    continue;
  }
  const started = Date.now();
  try {
    await test.run();
    console.log(`ok ${test.name} (${Date.now() - started} ms)`);
  } catch (error) {
    failures++;
    console.log(`not ok ${test.name}: ${messageOf(error)}`);
  }
}
await host.finish();
console.log(`${isVirtio ? 'port' : 'channel'} ${channelText}: ${failures} failed`);
process.exit(failures > 0 ? 1 : 0);

function create(text: string): Channel {
  const channel = openChannel(parseChannelSpec(text), silent);
  if (channel === undefined) throw new Error(`${text} is no channel`);
  return channel;
}

async function waitWithoutHost(): Promise<void> {
  const channel = create(channelText);
  channel.open(new Recorder());
  await sleep(500);
  const before = wakeUps();
  await sleep(IDLE_MS);
  const count = wakeUps() - before;
  await channel.close();
  if (count > IDLE_WAKE_UPS) throw new Error(`${count} wake-ups in ${IDLE_MS} ms`);
}

/** Times a thread of this process has slept and been woken. */
function wakeUps(): number {
  const statuses = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/status`, 'utf8'));
  return statuses.reduce((sum, text) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]), 0);
}
