import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { type DescriptorStore, noServiceManager } from '../service-manager/service-manager.ts';
import { DeviceChannel } from './device.ts';

/** Where the kernel and udev show ports; others in tests. */
export interface PortRoots {
  /** Has `vportNpM` and, from udev, `virtio-ports/NAME`. */
  readonly dev: string;
  /** Has `vportNpM/name`. */
  readonly sys: string;
}

const ROOTS: PortRoots = { dev: '/dev', sys: '/sys/class/virtio-ports' };

/**
 * A virtio-serial port by the name the host gave it.
 *
 * Without a host the port reads as its end and is hung up (POLLHUP); with one, neither. Unplugged, reading fails with
 * ENODEV. Source: Linux, drivers/char/virtio_console.c, port_fops_poll and port_fops_read.
 *
 * @param names of which the first that is there is taken; the channel is described by the first
 */
export function virtioPort(
  names: readonly [string, ...string[]],
  log: Log,
  { roots = ROOTS, store = noServiceManager }: { readonly roots?: PortRoots; readonly store?: DescriptorStore } = {},
): DeviceChannel {
  const device = {
    host: 'tells',
    folders: [roots.dev, path.join(roots.dev, 'virtio-ports')],
    concerns: (entry: string) => names.includes(entry) || entry === 'virtio-ports' || entry.startsWith('vport'),
    locate: () => locatePort(names, roots),
    prepare: () => {},
  } as const;
  return new DeviceChannel(`virtio:${names[0]}`, device, log, store);
}

/** What hosts of older releases call the same port. */
const FORMER_NAMES: Readonly<Record<string, string>> = { 'ovirt-guest-agent.0': 'com.redhat.rhevm.vdsm' };

/** A port's name with its former one, if it had any. */
export function namesOfPort(name: string): readonly [string, ...string[]] {
  const former = Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : undefined;
  return former === undefined ? [name] : [name, former];
}

/**
 * The same by the path of its node or link, wherever that is: how the options of the original agents name a port. A port
 * with a former name is looked for under that too.
 */
export function virtioDevice(file: string, log: Log, store: DescriptorStore = noServiceManager): DeviceChannel {
  const folder = path.dirname(file);
  const names = namesOfPort(path.basename(file));
  const device = {
    host: 'tells',
    folders: [path.dirname(folder), folder], // the folder of udev's links comes with the first port
    concerns: (entry: string) => names.includes(entry) || entry === path.basename(folder),
    locate: () => names.map((name) => path.join(folder, name)).find((one) => existsSync(one)),
    prepare: () => {},
  } as const;
  return new DeviceChannel(`virtio-device:${file}`, device, log, store);
}

/**
 * Path of the node of the first of these ports that is there; undefined while none is. Without udev only the kernel's
 * list knows names.
 */
export function locatePort(names: readonly string[], roots: PortRoots): string | undefined {
  for (const name of names) {
    const link = path.join(roots.dev, 'virtio-ports', name);
    if (existsSync(link)) return link;
    const node = entriesOf(roots.sys).find((entry) => nameOf(path.join(roots.sys, entry)) === name);
    if (node !== undefined) return path.join(roots.dev, node);
  }
  return undefined;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []; // the driver is not loaded
    throw error;
  }
}

/** Ports without a name, and ports that vanish while they are looked at, have none. */
function nameOf(port: string): string | undefined {
  try {
    return readFileSync(path.join(port, 'name'), 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}
