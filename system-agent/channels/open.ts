import type { Log } from '#shared/log/log.ts';
import type { DescriptorStore } from '../service-manager/service-manager.ts';
import { noServiceManager } from '../service-manager/service-manager.ts';
import type { Channel } from './channel.ts';
import { serialLine } from './serial-line.ts';
import type { ChannelSpec, OpenSpec } from './spec.ts';
import { UnixConnectChannel } from './unix-connect.ts';
import { UnixListenChannel } from './unix-listen.ts';
import { namesOfPort, virtioDevice, virtioPort } from './virtio-port.ts';
import { vsockListen } from './vsock-listen.ts';

/**
 * The channel that a specification names, or undefined for a door that is off; nothing is opened yet.
 * @param store keeps ports open over a restart
 */
export function openChannel(spec: OpenSpec, log: Log, store?: DescriptorStore): Channel;
export function openChannel(spec: ChannelSpec, log: Log, store?: DescriptorStore): Channel | undefined;
export function openChannel(
  spec: ChannelSpec,
  log: Log,
  store: DescriptorStore = noServiceManager,
): Channel | undefined {
  switch (spec.kind) {
    case 'off':
      return undefined;
    case 'virtio-device':
      return virtioDevice(spec.path, log, store);
    case 'virtio':
      return virtioPort(namesOfPort(spec.name), log, { store });
    case 'serial':
      return serialLine(spec.path, log);
    case 'unix-listen':
      return new UnixListenChannel(spec.path, log);
    case 'vsock-listen':
      return vsockListen(spec, log);
    case 'unix-connect':
      return new UnixConnectChannel(spec.path, log);
  }
}
