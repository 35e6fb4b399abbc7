import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unixPair } from '#shared/native/unix-socket.ts';
import { GuardClient } from '#system-agent/freeze/guard/client.ts';
import { type RunningAgent, startAgentThrough, startOracle } from '#test/support/agents.ts';
import { PrivateBus } from '#test/support/dbus/daemon.ts';
import { startSpiceDesktop } from '#test/support/desktop/spice-desktop.ts';
import { needsXvfb } from '#test/support/desktop/x-server.ts';
import { contextSwitches, privateDirtyKib, processorTicks, residentKib } from '#test/support/processes.ts';
import { Program, temporaryFolder, without } from '#test/support/programs.ts';
import { LeanClient } from './lean-client.ts';
import { both, type Pair } from './pair.ts';
import { type Row, row } from './report.ts';

const IDLE_SECONDS = 10;
/** An agent gives back what its start has left once, ten seconds after it; all day means after that. */
const SETTLE_SECONDS = 15;
const KIBIBYTES_OF_TARGET = 30 * 1024;
const GUARD = path.join(process.env.UGA_UNPACKED ?? '', 'usr/lib/uga/native/uga-freeze-guard');
const PING = Buffer.from('{"execute":"guest-ping"}\n');

/** What the agents cost while nothing happens, which is most of the day. */
export async function idleRows(): Promise<Row[]> {
  const missing = without('qemu-ga') || without('spice-vdagentd') || without('dbus-daemon') || needsXvfb;
  if (missing) throw new Error(missing);
  return [...(await oneHost()), ...(await wholeGuest())];
}

/** The QEMU guest agent's host is connected and silent; both programs are quiet at the same time. */
async function oneHost(): Promise<Row[]> {
  await using bus = await new PrivateBus().start();
  await using original = await startOracle();
  await using ours = await startAgentThrough(['env', `DBUS_SYSTEM_BUS_ADDRESS=${bus.address}`], 'refuse');
  using _first = pinged(original);
  using _second = pinged(ours);
  const pids = { original: original.program.pid, ours: ours.program.pid };
  const spent = await idleFor(pids);
  return [
    row(`idle, host connected: wake-ups in ${IDLE_SECONDS} s`, 'count', spent.wakeUps, { of: 'ours', atMost: 0 }),
    row(`idle, host connected: CPU in ${IDLE_SECONDS} s`, 'ticks', spent.ticks, { of: 'ours', atMost: 0 }),
  ];
}

/**
 * A guest with all that it can have: three hosts and a desktop. The originals are three programs here; the fourth,
 * oVirt's, needs Python 2, which no release has any more.
 */
async function wholeGuest(): Promise<Row[]> {
  await using bus = await new PrivateBus().start();
  const doors = { qga: 'qga.sock', ovirt: 'ovirt.sock' };
  await using ours = await startSpiceDesktop('ours', { bus: bus.address, doors });
  await using original = await startSpiceDesktop('original');
  await using oracle = await startOracle();
  using _oracle = pinged(oracle);
  using qga = new LeanClient(path.join(ours.home, doors.qga));
  qga.send(PING);
  qga.skipLines(1);
  const ovirt = connect(path.join(ours.home, doors.ovirt)).resume();
  try {
    const pids = { original: original.system.pid, ours: ours.system.pid };
    const sessions = { original: original.session.pid, ours: ours.session.pid };
    const qemuGa = oracle.program.pid;
    const [system, session] = await Promise.all([idleFor(pids), idleFor(sessions)]);
    const memory = (name: string, figures: Parameters<typeof row>[2]) =>
      row(`${name}: private dirty memory`, 'KiB', figures);
    const systems = {
      original: privateDirtyKib(pids.original) + privateDirtyKib(qemuGa),
      ours: privateDirtyKib(pids.ours),
    };
    const inSession = both(sessions, privateDirtyKib);
    const guard = await memoryOfGuard();
    const all = {
      original: systems.original + inSession.original,
      ours: systems.ours + inSession.ours,
    };
    return [
      row(`three hosts: wake-ups in ${IDLE_SECONDS} s, system agent; heartbeats of oVirt`, 'count', {
        original: null,
        ours: system.wakeUps.ours,
      }),
      row(`three hosts: wake-ups in ${IDLE_SECONDS} s, session agent`, 'count', session.wakeUps, {
        of: 'ours',
        atMost: 0,
      }),
      memory('system agent, beside qemu-ga and spice-vdagentd', systems),
      memory('session agent, beside spice-vdagent', inSession),
      memory('guard of freezes, only while file systems are frozen', { original: null, ours: guard }),
      row('all agents: private dirty memory', 'KiB', all, { of: 'ours', atMost: KIBIBYTES_OF_TARGET }),
      row('system agent: resident memory, mostly shared pages of node', 'KiB', both(pids, residentKib)),
      row('session agent: resident memory, mostly shared pages of node', 'KiB', both(sessions, residentKib)),
    ];
  } finally {
    ovirt.destroy();
  }
}

/** What two programs spend while nobody asks them anything. */
async function idleFor(pids: Pair<number>): Promise<{ readonly wakeUps: Pair<number>; readonly ticks: Pair<number> }> {
  await sleep(SETTLE_SECONDS * 1000);
  const look = () => both(pids, (pid) => ({ wakeUps: contextSwitches(pid), ticks: processorTicks(pid) }));
  const before = look();
  await sleep(IDLE_SECONDS * 1000);
  const after = look();
  const spent = (what: 'wakeUps' | 'ticks') => ({
    original: after.original[what] - before.original[what],
    ours: after.ours[what] - before.ours[what],
  });
  return { wakeUps: spent('wakeUps'), ticks: spent('ticks') };
}

function pinged({ socket }: RunningAgent): LeanClient {
  const client = new LeanClient(socket);
  client.send(PING);
  client.skipLines(1);
  return client;
}

/** While it holds what it is to thaw; /dev/null, so that nothing is frozen here. */
async function memoryOfGuard(): Promise<number> {
  using folder = temporaryFolder();
  const [ours, theirs] = unixPair();
  await using guard = new Program([GUARD], {}, [theirs]);
  closeSync(theirs);
  const client = new GuardClient(ours, { leaseEnded: () => {}, lost: () => {} });
  const [records, nothing] = [openSync(folder.path, 'r'), openSync('/dev/null', 'r')];
  try {
    await client.recordIn(records);
    await client.lease(60);
    await client.hold(nothing);
    return privateDirtyKib(guard.pid);
  } finally {
    client.close();
    closeSync(records);
    closeSync(nothing);
  }
}
