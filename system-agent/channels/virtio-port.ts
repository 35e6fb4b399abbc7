import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
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
 */
export function virtioPort(name: string, log: Log, roots: PortRoots = ROOTS): DeviceChannel {
  const device = {
    host: 'tells',
    folders: [roots.dev, path.join(roots.dev, 'virtio-ports')],
    concerns: (entry: string) => entry === name || entry === 'virtio-ports' || entry.startsWith('vport'),
    locate: () => locatePort(name, roots),
    prepare: () => {},
  } as const;
  return new DeviceChannel(`virtio:${name}`, device, log);
}

/** A virtio-serial port by the path of its node, or of the link that udev makes to it in a folder that udev makes. */
export function virtioDevice(node: string, log: Log): DeviceChannel {
  const folder = path.dirname(node);
  const device = {
    host: 'tells',
    folders: [path.dirname(folder), folder],
    concerns: (entry: string) => entry === path.basename(node) || entry === path.basename(folder),
    locate: () => (existsSync(node) ? node : undefined),
    prepare: () => {},
  } as const;
  return new DeviceChannel(`virtio-device:${node}`, device, log);
}

/** Path of the port's node; undefined while no port has that name. Without udev only the kernel's list knows names. */
export function locatePort(name: string, roots: PortRoots): string | undefined {
  const link = path.join(roots.dev, 'virtio-ports', name);
  if (existsSync(link)) return link;
  const node = entriesOf(roots.sys).find((entry) => nameOf(path.join(roots.sys, entry)) === name);
  return node === undefined ? undefined : path.join(roots.dev, node);
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
