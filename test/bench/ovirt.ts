import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatMessage } from '#protocol/ovirt/message.ts';
import { silent } from '#shared/log/log.ts';
import { LogValve } from '#shared/log/valve.ts';
import { runProgram } from '#shared/process/node.ts';
import { systemTree } from '#shared/tree/system-tree.ts';
import { linuxMemory } from '#system-agent/memory/linux.ts';
import type { NetworkInterface } from '#system-agent/network/network.ts';
import { OvirtDoor } from '#system-agent/ovirt/door.ts';
import type { OvirtPorts } from '#system-agent/ovirt/ports.ts';
import { Heartbeat } from '#system-agent/ovirt/reports/heartbeat.ts';
import { linuxPackages, PACKAGE_PLACES } from '#system-agent/packages/linux.ts';
import { linuxPlatform } from '#system-agent/platform/linux.ts';
import { FakeChannel } from '#test/fakes/channel.ts';
import { startSystemAgent } from '#test/support/agents.ts';
import { DEFAULT_OVIRT_OPTIONS } from '#test/support/ovirt/options.ts';
import { contextSwitches, processorTicks } from '#test/support/processes.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { LeanClient } from './lean-client.ts';
import { ROUNDS } from './pair.ts';
import { median, type Row, row } from './report.ts';

const PACKAGES = 5_000;
const INTERFACES = 200;
const BEATS = 5_000;
const IDLE_SECONDS = 30;

/**
 * The oVirt door. The original needs Python 2 and cannot run beside it, so its column is empty. Heartbeats and refreshes are
 * measured in this process, on the machine's own files but for the packages and interfaces, which are made up.
 */
export async function ovirtRows(): Promise<Row[]> {
  using folder = temporaryFolder();
  const status = path.join(folder.path, 'status');
  writeFileSync(status, statusOf(PACKAGES));
  const packages = () => linuxPackages(runProgram, systemTree, silent, { ...PACKAGE_PLACES, dpkg: status });
  const ours = (name: string, unit: string, figure: number) => row(name, unit, { original: null, ours: figure });
  const refresh = await refreshes({ ...platform(folder.path), packages: packages() });
  return [
    ours('heartbeat: memory read, rates counted, line written', 'µs', await beats()),
    ours(`${PACKAGES} packages of dpkg read anew`, 'ms', await medianOf(() => packages().installed())),
    ours(`full refresh with ${PACKAGES} packages, ${INTERFACES} interfaces: until all is told`, 'ms', refresh.elapsed),
    ours(`full refresh with ${PACKAGES} packages, ${INTERFACES} interfaces: processor`, 'ms', refresh.processor),
    ...(await idleRows()),
  ];
}

function statusOf(count: number): string {
  const description = ' A line of the text that stands in the middle of each of them.\n'.repeat(16);
  const paragraphs = Array.from({ length: count }, (_, index) =>
    [
      `Package: package-${index}`,
      'Status: install ok installed',
      'Architecture: amd64',
      `Version: 1.${index}-1`,
      'Provides: one, another (= 1.0)',
      `Description: a package\n${description}`,
    ].join('\n'),
  );
  return paragraphs.join('\n');
}

function platform(stateFolder: string): Partial<OvirtPorts> {
  const hooks = { script: undefined, directory: undefined };
  const freeze = { lease: 60, hooks, hookSeconds: 60, valve: new LogValve(() => {}) };
  const ports = linuxPlatform({ effects: 'refuse', environment: {}, umask: 0o022, stateFolder, freeze, log: silent });
  const interfaces = Array.from(
    { length: INTERFACES },
    (_, index): NetworkInterface => ({
      name: `veth${index}`,
      hardwareAddress: '52:54:00:5b:3f:e1',
      up: true,
      loopback: false,
      addresses: [
        { family: 'ipv4', address: `10.0.${index >> 8}.${index & 255}`, prefix: 24 },
        { family: 'ipv6', address: `fe80::${index.toString(16)}`, prefix: 64 },
      ],
    }),
  );
  const watch = () => ({ [Symbol.dispose]: () => {} });
  return { ...ports, network: { interfaces: () => interfaces, routes: () => [], onChange: watch } };
}

async function beats(): Promise<number> {
  const heartbeat = new Heartbeat(linuxMemory, () => performance.now(), silent);
  const time = await medianOf(async () => {
    for (let beat = 0; beat < BEATS; beat++) formatMessage('heartbeat', heartbeat.members(3));
  });
  return (time * 1000) / BEATS;
}

async function refreshes(ports: Partial<OvirtPorts>): Promise<{ elapsed: number; processor: number }> {
  const channel = new FakeChannel(16 << 20);
  const wanted = Array.from({ length: PACKAGES }, (_, index) => `package-${index}`);
  const options = { ...DEFAULT_OVIRT_OPTIONS, applications: wanted };
  const door = new OvirtDoor({ channel, ports, gate: () => undefined, options, log: silent });
  await door.start();
  channel.connect();
  channel.say('{"__name__":"api-version","apiVersion":3}\n');
  const all = ['"applications"', '"containers"', '"disks-usage"', '"fqdn"', '"host-name"'];
  const isTold = (text: string) => all.every((name) => text.includes(`{"__name__": ${name}`));
  const listen = async () => {
    for (let text = channel.drain(); !isTold(text); text += channel.drain()) await sleep(1);
  };
  await listen();
  const elapsed: number[] = [];
  const processor: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const used = process.cpuUsage();
    const started = performance.now();
    door.refresh();
    await listen();
    elapsed.push(performance.now() - started);
    const { user, system } = process.cpuUsage(used);
    processor.push((user + system) / 1000);
  }
  await door.stop();
  return { elapsed: median(elapsed), processor: median(processor) };
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now();
    await work();
    if (round > 0) times.push(performance.now() - started);
  }
  return median(times);
}

/** An agent that beats for its host, who says nothing. */
async function idleRows(): Promise<Row[]> {
  using folder = temporaryFolder();
  const socket = path.join(folder.path, 'ovirt.sock');
  await using agent = await startSystemAgent('--ovirt', `unix-listen:${socket}`);
  while (!existsSync(socket)) await sleep(10); // doors open one after the other
  using host = new LeanClient(socket);
  host.skipLines(1);
  await sleep(15_000); // V8 collects the garbage of the start once
  const { pid } = agent.program;
  const before = { switches: contextSwitches(pid), ticks: processorTicks(pid) };
  await sleep(IDLE_SECONDS * 1000);
  const figures = { switches: contextSwitches(pid) - before.switches, ticks: processorTicks(pid) - before.ticks };
  const ours = (name: string, unit: string, figure: number) => row(name, unit, { original: null, ours: figure });
  return [
    ours(`idle, host connected: wake-ups in ${IDLE_SECONDS} s, for 6 heartbeats`, 'count', figures.switches),
    ours(`idle, host connected: CPU in ${IDLE_SECONDS} s`, 'ticks', figures.ticks),
  ];
}
