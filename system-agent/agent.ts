import type { Bus } from '#shared/dbus/bus.ts';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import type { Channel } from './channels/channel.ts';
import { OvirtDoor } from './ovirt/door.ts';
import type { Gate as OvirtGate } from './ovirt/gate.ts';
import type { OvirtOptions } from './ovirt/options.ts';
import type { Platform } from './platform.ts';
import type { UinputSpec } from './pointer/spec.ts';
import { Tablet } from './pointer/tablet.ts';
import { commands } from './qga/commands/index.ts';
import { Dispatcher } from './qga/dispatcher.ts';
import { QgaDoor } from './qga/door.ts';
import type { Gate as QgaGate } from './qga/gate.ts';
import { Presence } from './service-manager/presence.ts';
import type { DescriptorStore, ServiceManager } from './service-manager/service-manager.ts';
import { LinkServer } from './session-link/server.ts';
import { SessionDirector } from './sessions/director.ts';
import { UTMP_FILES } from './sessions/utmp.ts';
import { SessionsWatch } from './sessions/watch.ts';
import { VdagentDoor } from './vdagent/door.ts';

export interface QgaParts {
  readonly channel: Channel;
  readonly platform: Partial<Platform>;
  readonly gate: QgaGate;
  readonly log: Log;
}

/** The QEMU guest agent's door by itself: all that qemu-ga is. */
export function qgaDoor({ channel, platform, gate, log }: QgaParts): Service {
  const door = new QgaDoor(channel, new Dispatcher(commands, platform, gate, log.child({ door: 'qga' })));
  const held = [platform.files, platform.exec].filter((port) => port !== undefined);
  return new ServiceGroup('qga', [...held, door]);
}

export interface Parts {
  /** A door without a channel is off. */
  readonly channels: {
    readonly qga: Channel | undefined;
    readonly ovirt: Channel | undefined;
    readonly vdagent: Channel | undefined;
  };
  readonly platform: Partial<Platform>;
  readonly gates: { readonly qga: QgaGate; readonly ovirt: OvirtGate };
  readonly ovirt: OvirtOptions;
  /** The system bus, where logind is. */
  readonly bus: Bus & Service;
  readonly link: { readonly listen: () => ListeningSocket; readonly allowUids: ReadonlySet<number> };
  readonly uinput: UinputSpec;
  readonly manager: ServiceManager & Pick<DescriptorStore, 'forgetRest'>;
  /** What we tell the other side of the link that we are. */
  readonly build: string;
  readonly log: Log;
}

/**
 * The whole daemon in one expression: the real parts come from main.ts, fakes from tests. The doors of hosts that wait
 * for an answer come first; sessions, which can come late, after them.
 */
export function systemAgent({
  channels,
  platform,
  gates,
  ovirt,
  bus,
  link,
  uinput,
  manager,
  build,
  log,
}: Parts): Service {
  const sessions = new SessionsWatch(bus, UTMP_FILES, log);
  const director = new SessionDirector(sessions, log);
  const server = new LinkServer({ ...link, sessions, decision: director, build, log: log.child({ part: 'link' }) });
  const tablet = new Tablet(uinput, platform.pointer, log);
  const { qga } = channels;
  const door = <T>(channel: Channel | undefined, make: (channel: Channel) => T) =>
    channel === undefined ? [] : [make(channel)];
  return new ServiceGroup('system-agent', [
    ...door(qga, (channel) => qgaDoor({ channel, platform, gate: gates.qga, log })),
    bus,
    sessions,
    director,
    server,
    tablet,
    ...door(channels.ovirt, (channel) => {
      const ports = { ...platform, console: director };
      return new OvirtDoor({ channel, ports, gate: gates.ovirt, options: ovirt, log: log.child({ door: 'ovirt' }) });
    }),
    ...door(channels.vdagent, (channel) => {
      return new VdagentDoor({
        channel,
        sessionLink: server.link,
        pointer: tablet,
        log: log.child({ door: 'vdagent' }),
      });
    }),
    new Presence(manager, channels),
  ]);
}
