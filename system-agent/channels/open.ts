import type { Log } from '#shared/log/log.ts';
import type { Channel } from './channel.ts';
import { serialLine } from './serial-line.ts';
import type { ChannelSpec } from './spec.ts';
import { UnixConnectChannel } from './unix-connect.ts';
import { UnixListenChannel } from './unix-listen.ts';
import { virtioPort } from './virtio-port.ts';

/** The channel that a specification names; nothing is opened yet. */
export function openChannel(spec: Exclude<ChannelSpec, { kind: 'off' }>, log: Log): Channel {
  switch (spec.kind) {
    case 'virtio':
      return virtioPort(spec.name, log);
    case 'serial':
      return serialLine(spec.path, log);
    case 'unix-listen':
      return new UnixListenChannel(spec.path, log);
    case 'unix-connect':
      return new UnixConnectChannel(spec.path, log);
  }
}
