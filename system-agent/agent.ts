import type { Follow } from '#protocol/ipc/messages/monitors.ts';
import type { OfferingBus } from '#shared/dbus/offer.ts';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { ListeningSocket } from '#shared/socket/listening-socket.ts';
import type { DoorAudit } from './audit/audit.ts';
import { AuditedDoor } from './audit/door.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Channel } from './channels/channel.ts';
import type { ClipboardRules } from './clipboard/rules.ts';
import type { DescribedDoor } from './control/described.ts';
import { type Overview, statusFor } from './control/overview.ts';
import { ControlServer } from './control/server.ts';
import type { EventHub } from './events/hub.ts';
import { eventSources } from './events/sources/index.ts';
import { EventWatching } from './events/watching.ts';
import { announcedPower } from './notices/announce.ts';
import { HostNotices } from './notices/notices.ts';
import { audited as ovirtAudited } from './ovirt/audited.ts';
import { OvirtDoor } from './ovirt/door.ts';
import type { Gate as OvirtGate } from './ovirt/gate.ts';
import type { OvirtOptions } from './ovirt/options.ts';
import type { Platform } from './platform.ts';
import type { UinputSpec } from './pointer/spec.ts';
import { Tablet } from './pointer/tablet.ts';
import { audited as qgaAudited } from './qga/audited.ts';
import { commands } from './qga/commands/index.ts';
import { Dispatcher } from './qga/dispatcher.ts';
import { QgaDoor } from './qga/door.ts';
import { frozenGate, type Gate as QgaGate } from './qga/gate.ts';
import type { QgaPorts } from './qga/ports.ts';
import type { FileRules } from './received-files/rules.ts';
import { Presence } from './service-manager/presence.ts';
import type { DescriptorStore, ServiceManager } from './service-manager/service-manager.ts';
import { Departure, type OnDisconnect } from './session-control/departure.ts';
import type { SessionControlParts } from './session-control/session-control.ts';
import { LinkServer } from './session-link/server.ts';
import { SessionDirector } from './sessions/director.ts';
import type { Sessions } from './sessions/sessions.ts';
import { UTMP_FILES } from './sessions/utmp.ts';
import { SessionsWatch } from './sessions/watch.ts';
import { type BrokerParts, CredentialBroker } from './sso/broker.ts';
import { type SsoEnabled, whyOff } from './sso/enabled.ts';
import { refusingSso } from './sso/refusing.ts';
import { audited as vdagentAudited } from './vdagent/audited.ts';
import { VdagentDoor } from './vdagent/door.ts';
import type { Gate as VdagentGate } from './vdagent/gate.ts';

export interface QgaParts {
  readonly channel: Channel;
  readonly platform: Partial<QgaPorts>;
  readonly gate: QgaGate;
  /** Undefined where nothing is recorded. */
  readonly audit: AuditTrail | undefined;
  readonly log: Log;
}

/** The QEMU guest agent's door by itself, with what it keeps open for its hosts: all that qemu-ga is. */
export function qgaAgent(parts: QgaParts): Service {
  return new ServiceGroup('qga', [...keptFor(parts.platform, parts.audit), qgaDoor(parts)]);
}

function qgaDoor({ channel, platform, gate, audit, log }: QgaParts): QgaDoor {
  const ports = { ...platform, ...(audit && { audit }) };
  const recording = auditedDoor(audit, 'qga', qgaAudited);
  return new QgaDoor(
    channel,
    new Dispatcher(commands, ports, frozenGate(platform.freeze, gate), log.child({ door: 'qga' }), recording),
  );
}

function auditedDoor(
  audit: AuditTrail | undefined,
  door: string,
  rules: ConstructorParameters<typeof AuditedDoor>[2],
): DoorAudit | undefined {
  return audit && new AuditedDoor(audit, door, rules);
}

/**
 * What holds something between two requests. The audit before all doors, so that it misses nothing, and after the freeze: what
 * an earlier agent has left frozen is thawed before anything is written.
 */
function keptFor({ files, exec, freeze }: Partial<Platform>, audit: AuditTrail | undefined): Service[] {
  return [files, exec, freeze, audit].filter((part) => part !== undefined);
}

/** What the administrator wants done to sessions. */
export interface SessionRules extends Pick<SessionControlParts, 'locker' | 'grace'> {
  readonly onDisconnect: OnDisconnect;
  /** Users are told what hosts did, as far as it is recorded. */
  readonly notices: boolean;
}

export interface Parts {
  /** A door without a channel is off. */
  readonly channels: {
    readonly qga: Channel | undefined;
    readonly ovirt: Channel | undefined;
    readonly vdagent: Channel | undefined;
  };
  readonly platform: Partial<Platform>;
  readonly gates: {
    readonly qga: QgaGate;
    readonly ovirt: OvirtGate;
    /** May oVirt's host be told this report? */
    readonly mayTell: (report: string) => boolean;
    readonly vdagent: VdagentGate;
  };
  /** Undefined where nothing is recorded. */
  readonly audit: AuditTrail | undefined;
  readonly ovirt: OvirtOptions;
  /** The system bus, where logind is. */
  readonly bus: OfferingBus & Service;
  /** How hosts log users in; undefined where the agent has no right to. */
  readonly sso: SsoParts | 'refuse' | undefined;
  readonly link: { readonly listen: () => ListeningSocket; readonly allowUids: ReadonlySet<number> };
  readonly sessionRules: SessionRules;
  readonly uinput: UinputSpec;
  readonly clipboard: ClipboardRules;
  readonly files: FileRules;
  readonly follow: Follow;
  readonly effects: boolean;
  /** What happens, for hosts that ask. */
  readonly events: EventHub;
  /** Where local users ask how the agent is, and what it tells them that only the caller knows. */
  readonly control: { readonly listen: () => ListeningSocket } & Pick<Overview, 'program' | 'problems' | 'policy'>;
  readonly manager: ServiceManager & Pick<DescriptorStore, 'forgetRest'>;
  /** What we tell the other side of the link that we are. */
  readonly build: string;
  readonly log: Log;
}

interface SsoParts extends Pick<BrokerParts, 'find' | 'system' | 'otherUser'> {
  readonly enabled: SsoEnabled;
  /** Of the policy in force. */
  readonly profile: () => string;
  readonly onPolicy: (listener: () => void) => void;
}

/** @param ovirt its port is what makes logins wanted, and is there or not at any time */
function credentialBroker(
  parts: SsoParts,
  bus: OfferingBus,
  sessions: Sessions,
  ovirt: Channel | undefined,
  log: Log,
): CredentialBroker {
  const isOff = () => whyOff(parts.enabled, parts.profile(), ovirt?.state);
  const broker = new CredentialBroker({ ...parts, bus, sessions, isOff, log: log.child({ part: 'sso' }) });
  ovirt?.onState(() => broker.look());
  parts.onPolicy(() => broker.look());
  return broker;
}

/**
 * The whole daemon in one expression: the real parts come from main.ts, fakes from tests. The doors of hosts that wait
 * for an answer come first; sessions, which can come late, after them.
 */
export function systemAgent(parts: Parts): Service {
  const {
    channels,
    platform,
    gates,
    audit,
    bus,
    link,
    sessionRules,
    uinput,
    clipboard,
    files,
    follow,
    effects,
    events,
    control,
    manager,
  } = parts;
  const { build, log } = parts;
  const sessions = new SessionsWatch(bus, UTMP_FILES, log);
  const director = new SessionDirector(sessions, log);
  const server = new LinkServer({ ...link, sessions, decision: director, build, log: log.child({ part: 'link' }) });
  const sessionControl = platform.sessionControlSystem?.over({
    ...{ sessions, agents: server, locker: sessionRules.locker, grace: sessionRules.grace },
    served: () => director.served?.session.id,
    log,
  });
  const controlled = sessionControl && { sessionControl };
  const tablet = new Tablet(uinput, platform.pointer, log);
  // Before the doors hear of it: they tell the tablet what the session's agent says.
  director.onServed((now) => tablet.shownBy(now?.session.id));
  const broker =
    typeof parts.sso === 'object' ? credentialBroker(parts.sso, bus, sessions, channels.ovirt, log) : undefined;
  const sso = parts.sso === 'refuse' ? refusingSso : broker;
  const signOn = sso && { sso };
  const qga = openDoor('qga', channels.qga, (channel) =>
    qgaDoor({ channel, platform: { ...platform, ...controlled, ...signOn, events }, gate: gates.qga, audit, log }),
  );
  const ovirt = openDoor('ovirt', channels.ovirt, (channel) => {
    const announced = platform.power && { power: announcedPower(platform.power, server.link) };
    const ports = { ...platform, ...controlled, ...announced, ...signOn, console: director };
    const { ovirt: options } = parts;
    const { ovirt: gate, mayTell } = gates;
    return new OvirtDoor({
      channel,
      ports,
      gate,
      mayTell,
      options,
      log: log.child({ door: 'ovirt' }),
      audit: auditedDoor(audit, 'ovirt', ovirtAudited),
    });
  });
  const watching = new EventWatching(events, eventSources(platform, director, bus, log), log);
  events.onEvent(({ event }) => {
    // What this host was told is stale; the others ask.
    if (event === 'RESUMED' || event === 'CLOCK_JUMPED') ovirt.open?.door.refresh();
  });
  const vdagent = openDoor('vdagent', channels.vdagent, (channel) => {
    const doorAudit = auditedDoor(audit, 'vdagent', vdagentAudited);
    return new VdagentDoor({
      channel,
      sessionLink: server.link,
      pointer: tablet,
      sessionPointer: uinput.kind === 'auto',
      gate: gates.vdagent,
      clipboard,
      files,
      follow,
      effects,
      log: log.child({ door: 'vdagent' }),
      audit: doorAudit,
      departure: new Departure(sessionRules.onDisconnect, sessionControl, log, doorAudit),
    });
  });
  const overview: Overview = {
    ...control,
    doors: [qga, ovirt, vdagent],
    sessions,
    decision: director,
    link: server,
    pointer: tablet,
    bus,
    freeze: platform.freeze,
    audit,
    sso,
  };
  return new ServiceGroup('system-agent', [
    ...keptFor(platform, audit),
    ...servicesOf(qga),
    bus,
    sessions,
    ...(broker === undefined ? [] : [broker]),
    watching,
    director,
    server,
    ...(sessionControl ? [sessionControl] : []),
    ...(sessionRules.notices && audit ? [new HostNotices(audit, server.link)] : []),
    tablet,
    ...servicesOf(ovirt),
    ...servicesOf(vdagent),
    new ControlServer({
      listen: control.listen,
      statusFor: (uid) => statusFor(uid, overview),
      log: log.child({ part: 'control' }),
    }),
    new Presence(manager, channels),
  ]);
}

interface Door<D extends Service & DescribedDoor = Service & DescribedDoor> {
  readonly name: string;
  readonly open: { readonly channel: Channel; readonly door: D } | undefined;
}

function openDoor<D extends Service & DescribedDoor>(
  name: string,
  channel: Channel | undefined,
  make: (channel: Channel) => D,
): Door<D> {
  return { name, open: channel && { channel, door: make(channel) } };
}

function servicesOf({ open }: Door): Service[] {
  return open === undefined ? [] : [open.door];
}
