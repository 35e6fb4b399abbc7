import { setTimeout as sleep } from 'node:timers/promises';
import { sessionBus, systemBus } from '#shared/dbus/address.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { AgentError } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { featuresOf, type SessionActs, sessionAgent, waysOf } from './agent.ts';
import { findMixer } from './audio/mixers.ts';
import { hasSoundServer } from './audio/server.ts';
import { chooseBackend, type Desktop, type SessionInfo } from './desktop/backend.ts';
import { backends } from './desktop/index.ts';
import { noDesktop } from './desktop/none.ts';
import { recordingDesktop } from './desktop/recording.ts';
import { desktopSettings } from './effects/desktops.ts';
import { toolRunner } from './effects/tools.ts';
import { stateFolder, UserInbox } from './files/inbox.ts';
import { showArrived } from './files/show.ts';
import { askToLogOff } from './log-off/session-managers.ts';
import { arrangerOf } from './monitors/arrangers.ts';
import { showNotice } from './notices/service.ts';
import { sessionPrograms } from './screen-lock/programs.ts';
import { ScreenLock } from './screen-lock/screen-lock.ts';
import { SystemLink } from './system-link/system-link.ts';

export interface SessionOptions {
  /** Socket of the system agent. */
  readonly link: string;
  readonly env: NodeJS.ProcessEnv;
  /** Decision 5: `refuse` changes nothing in the session. */
  readonly effects: 'real' | 'refuse';
  /** Called when the session's desktop has gone, or the session has another agent: this one ends then (W6). */
  readonly ended: (why: string) => void;
  readonly log: Log;
}

/** The agent of the session that this process was started in: opens its desktop, then serves. */
export class Session implements Service {
  readonly name = 'session';
  #desktop: Desktop | undefined;
  #agent: Service | undefined;

  constructor(private readonly options: SessionOptions) {}

  /** @throws {AgentError} when there is a desktop that does not let us in */
  async start(signal: AbortSignal): Promise<void> {
    const { effects, env, log, ended } = this.options;
    const opened = await openDesktop({ env, log }, signal);
    const desktop = effects === 'refuse' ? recordingDesktop(opened, log) : opened;
    this.#desktop = desktop;
    void desktop.lost.then(ended);
    const hasSound = await hasSoundServer(env);
    this.#agent = this.#build(desktop, hasSound);
    await this.#agent.start(signal);
  }

  async stop(): Promise<void> {
    await this.#agent?.stop();
    await this.#desktop?.[Symbol.asyncDispose]();
  }

  #build(desktop: Desktop, hasSound: boolean): Service {
    const { link, env, effects, ended, log } = this.options;
    const user = new BusClient(sessionBus(env), log.child({ bus: 'session' }));
    const system = new BusClient(systemBus(env), log.child({ bus: 'system' }));
    const acts = effects === 'real' ? realActs({ desktop, hasSound }, user, system, env, log) : refusedActs;
    const introduction = {
      build: UGA_VERSION,
      display: desktop.display,
      features: featuresOf(desktop, acts),
      ways: waysOf(desktop, acts),
      session: env.XDG_SESSION_ID,
    };
    return sessionAgent({
      desktop,
      acts,
      arranger: () => arrangerOf(user),
      link: new SystemLink({ path: link, introduction, taken: ended, log }),
      needed: [user, system],
      log,
    });
  }
}

async function openDesktop(session: SessionInfo, signal: AbortSignal): Promise<Desktop> {
  const backend = chooseBackend(backends, session);
  if (backend === undefined) {
    const why = session.env.WAYLAND_DISPLAY ? 'this Wayland session has no X server' : 'DISPLAY is not set';
    session.log.warn('no desktop: no clipboard, monitors or pointer here', { why });
    return noDesktop(why);
  }
  const desktop = await backend.open(session, signal);
  session.log.info('desktop', {
    backend: backend.name,
    display: desktop.display,
  });
  return desktop;
}

/** What changes the session, for real. */
function realActs(
  { desktop, hasSound }: { readonly desktop: Desktop; readonly hasSound: boolean },
  user: Bus,
  system: Bus,
  env: NodeJS.ProcessEnv,
  log: Log,
): SessionActs {
  const programs = sessionPrograms(env);
  const screenLock = new ScreenLock({ session: user, system, programs, keyboard: desktop.keyboard, wait: sleep, log });
  const settings = desktopSettings(env.XDG_CURRENT_DESKTOP, toolRunner(env));
  return {
    lockScreen: (locker) => screenLock.lock(locker),
    logOff: () => askToLogOff(user, desktop.windows),
    notify: (notice) => showNotice(user, notice),
    inbox: new UserInbox(env),
    mixer: hasSound ? findMixer(toolRunner(env)) : undefined,
    effects: settings && { desktop: settings, state: stateFolder(env) },
    show: (arrived) => showArrived(arrived, { programs, notify: (notice) => showNotice(user, notice) }),
  };
}

const REFUSED = 'refused: this agent was started to change nothing';

const refusedActs: SessionActs = {
  lockScreen: async () => ({ locked: false, why: REFUSED }),
  logOff: async () => ({ asked: false, why: REFUSED }),
  notify: () => Promise.reject(new AgentError('refused', REFUSED)),
  inbox: { receive: () => Promise.reject(new AgentError('refused', REFUSED)), clean: async () => 0 },
  show: () => Promise.reject(new AgentError('refused', REFUSED)),
  mixer: undefined,
  effects: undefined,
};
