import path from 'node:path';
import type { ChannelSpec } from '../../channels/spec.ts';

const PORTS = '/dev/virtio-ports/';

/** A virtio port by its device. By its name where it has one, because the name can be waited for. */
export function virtioChannel(device: string): ChannelSpec {
  const normal = path.normalize(device);
  const name = normal.startsWith(PORTS) ? normal.slice(PORTS.length) : '';
  return /^[A-Za-z0-9_.:-]+$/.test(name) ? { kind: 'virtio', name } : { kind: 'virtio-device', path: normal };
}
