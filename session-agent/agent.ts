import { type FeatureWay, SESSION_FEATURES, type SessionFeature } from '#protocol/ipc/messages/hello.ts';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { AudioService, type Sound } from './audio/service.ts';
import { ClipboardService } from './clipboard/service.ts';
import type { Desktop, DesktopPort, MonitorsPort } from './desktop/backend.ts';
import type { DesktopSettings } from './effects/desktops.ts';
import { EffectsService } from './effects/service.ts';
import type { Inbox } from './files/inbox.ts';
import { type Arrived, FilesService } from './files/service.ts';
import { LogOffService } from './log-off/service.ts';
import type { Asked } from './log-off/session-managers.ts';
import { Follower } from './monitors/follower.ts';
import { MonitorsService } from './monitors/service.ts';
import { type Notice, NoticesService } from './notices/service.ts';
import { PointerMoves } from './pointer/moves.ts';
import { PointerService } from './pointer/service.ts';
import type { Argv } from './screen-lock/programs.ts';
import type { Locked } from './screen-lock/screen-lock.ts';
import { ScreenLockService } from './screen-lock/service.ts';
import type { SystemSide } from './system-side.ts';

export interface Parts {
  readonly desktop: Desktop;
  /** What is done to the session itself. */
  readonly acts: SessionActs;
  readonly link: SystemSide & Service;
  /** Who arranges this session's displays; undefined: nobody is known to. */
  arranger(): Promise<string | undefined>;
  /** What the services need and what runs before them: the buses. */
  readonly needed: readonly Service[];
  readonly log: Log;
}

export interface SessionActs {
  lockScreen(locker?: Argv): Promise<Locked>;
  logOff(): Promise<Asked>;
  notify(notice: Notice): Promise<void>;
  /** Where files of clients go. */
  readonly inbox: Inbox;
  show(arrived: Arrived): Promise<void>;
  /** Undefined where nothing can set its volumes. */
  readonly sound: Sound | undefined;
  /** Undefined where nobody knows the desktop's settings. */
  readonly effects: { readonly desktop: DesktopSettings; readonly state: string } | undefined;
}

/** What this session can do, for the hello: hosts are offered nothing else (L6). */
export function featuresOf(
  { clipboard, monitors, pointerLayout, pointer }: Desktop,
  { effects, sound }: Pick<SessionActs, 'effects' | 'sound'>,
): readonly SessionFeature[] {
  return [
    ...(clipboard ? (['clipboard.text'] as const) : []),
    ...(clipboard?.types.includes('png') ? (['clipboard.images'] as const) : []),
    ...(clipboard?.want ? (['clipboard.polled'] as const) : []),
    ...(monitors ? (['monitors', 'monitors.follow'] as const) : []),
    ...(pointerLayout ? (['pointer.layout'] as const) : []),
    'screen-lock',
    'log-off',
    'notices',
    'files',
    ...(effects ? (['effects'] as const) : []),
    ...(pointer ? (['pointer.put'] as const) : []),
    ...(sound?.server.runs ? (['audio'] as const) : []),
  ];
}

const PORT_OF: Readonly<Partial<Record<SessionFeature, DesktopPort>>> = {
  'clipboard.text': 'clipboard',
  'clipboard.images': 'clipboard',
  monitors: 'monitors',
  'monitors.follow': 'monitors',
  'pointer.layout': 'pointerLayout',
  'pointer.put': 'pointer',
};

/** What needs no port, and what it is tried with when it is asked for. */
const TRIED_WITH: Readonly<Partial<Record<SessionFeature, string>>> = {
  'screen-lock': "the session's screen saver, else logind",
  'log-off': "the session's manager, else its windows",
  notices: "the desktop's notifications",
  files: "the user's folder",
};

/** How a clipboard is watched is no ability of its own. */
const SHOWN = SESSION_FEATURES.filter((feature) => feature !== 'clipboard.polled');

/** The same with by what or why not, for `uga doctor`. */
export function waysOf(desktop: Desktop, acts: Pick<SessionActs, 'effects' | 'sound'>): readonly FeatureWay[] {
  const served = featuresOf(desktop, acts);
  return SHOWN.map((feature) => {
    if (feature === 'effects') return effectsWay(acts);
    if (feature === 'monitors.follow' && desktop.display === 'wayland' && desktop.monitors === undefined) {
      return { feature, by: 'the Wayland compositor', why: undefined };
    }
    if (feature === 'audio') return audioWay(acts);
    const port = PORT_OF[feature];
    if (port === undefined) return { feature, by: TRIED_WITH[feature], why: undefined };
    if (served.includes(feature)) return { feature, by: desktop.by[port], why: undefined };
    return { feature, by: undefined, why: desktop.lacks[port]?.slice(0, MAX_WHY) ?? 'this desktop cannot do it' };
  });
}

function effectsWay({ effects }: Pick<SessionActs, 'effects'>): FeatureWay {
  const by = effects?.desktop.tool.name;
  return { feature: 'effects', by, why: by === undefined ? 'no desktop whose settings are known' : undefined };
}

function audioWay({ sound }: Pick<SessionActs, 'sound'>): FeatureWay {
  if (sound === undefined) return { feature: 'audio', by: undefined, why: 'neither pactl nor wpctl is installed' };
  const { server, mixer } = sound;
  return { feature: 'audio', by: server.runs ? mixer.name : `${mixer.name}, once a sound server runs`, why: undefined };
}

/** As long as the link carries. */
const MAX_WHY = 200;

/** The whole agent of a session: the real parts come from main.ts, fakes from tests. The link is last: handlers first. */
export function sessionAgent({ desktop, acts, arranger, link, needed, log }: Parts): Service {
  const pointer = desktop.pointerLayout && new PointerService(desktop.pointerLayout, link, log);
  return new ServiceGroup('session-agent', [
    ...needed,
    ...(desktop.clipboard ? [new ClipboardService(desktop.clipboard, link, log)] : []),
    ...(pointer ? [pointer] : []),
    ...(desktop.pointer ? [new PointerMoves(desktop.pointer, link, log)] : []),
    ...(desktop.monitors ? monitorServices(desktop.monitors, pointer, { arranger, link, log }) : []),
    new ScreenLockService((locker) => acts.lockScreen(locker), link, log),
    new LogOffService(() => acts.logOff(), link, log),
    new NoticesService((notice) => acts.notify(notice), link, log),
    ...(acts.effects ? [new EffectsService({ ...acts.effects, link, log })] : []),
    ...(acts.sound ? [new AudioService(acts.sound, link, log)] : []),
    new FilesService({ inbox: acts.inbox, show: (arrived) => acts.show(arrived), link, log }),
    link,
  ]);
}

function monitorServices(
  port: MonitorsPort,
  pointer: PointerService | undefined,
  parts: Pick<Parts, 'arranger' | 'link' | 'log'>,
): readonly Service[] {
  const monitors = new MonitorsService(port, parts.link, () => pointer?.report());
  return [monitors, new Follower({ ...parts, port, configure: (wish, of) => monitors.configure(wish, of) })];
}
