import type { Log } from '#shared/log/log.ts';
import type { Channel } from './channel.ts';
import { serialLine } from './serial-line.ts';
import type { ChannelSpec } from './spec.ts';
import { UnixConnectChannel } from './unix-connect.ts';
import { UnixListenChannel } from './unix-listen.ts';
import { virtioDevice, virtioPort } from './virtio-port.ts';

/** The channel that a specification names, undefined for one that is off. Nothing is opened yet. */
export function openChannel(spec: ChannelSpec, log: Log): Channel | undefined {
  switch (spec.kind) {
    case 'virtio':
      return virtioPort(spec.name, log);
    case 'virtio-device':
      return virtioDevice(spec.path, log);
    case 'serial':
      return serialLine(spec.path, log);
    case 'unix-listen':
      return new UnixListenChannel(spec.path, log);
    case 'unix-connect':
      return new UnixConnectChannel(spec.path, log);
    case 'off':
      return undefined;
  }
}
