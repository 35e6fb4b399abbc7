import { setTimeout as sleep } from 'node:timers/promises';
import { sessionBus, systemBus } from '#shared/dbus/address.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { BusClient } from '#shared/dbus/client.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { Backoff } from '#shared/lifecycle/backoff.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { featuresOf, type SessionActs, sessionAgent, waysOf } from './agent.ts';
import { findMixer } from './audio/mixers.ts';
import { LocalSoundServer } from './audio/server.ts';
import type { Sound } from './audio/service.ts';
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
  /** See SessionInfo. */
  readonly pollsClipboard: boolean;
  /** Called when the session's desktop has gone, or the session has another agent: this one ends then (W6). */
  readonly ended: (why: string) => void;
  readonly log: Log;
}

/** Between two openings of a desktop whose ways change; it doubles with each. */
const REOPEN_MS = 1_000;
const LONGEST_REOPEN_MS = 60_000;
/** A desktop that was open for so long may be opened anew at once. */
const STABLE_MS = 5 * 60_000;

/** The agent of the session that this process was started in: opens its desktop, then serves. Decision 48. */
export class Session implements Service {
  readonly name = 'session';
  readonly #user: BusClient;
  readonly #stopping = new AbortController();
  readonly #reopening = new Backoff(REOPEN_MS, LONGEST_REOPEN_MS);
  #desktop: Desktop | undefined;
  /** ms of performance.now(). */
  #openedAt = 0;
  #agent: Service | undefined;
  #reopened: Promise<void> = Promise.resolve();

  constructor(private readonly options: SessionOptions) {
    this.#user = new BusClient(sessionBus(options.env), options.log.child({ bus: 'session' }));
  }

  /** @throws {AgentError} when there is a desktop that does not let us in */
  async start(signal: AbortSignal): Promise<void> {
    await this.#user.start();
    try {
      await this.#open(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reopened;
    await this.#close();
    await this.#user.stop();
  }

  async #open(signal: AbortSignal, isAnew = false): Promise<void> {
    const { effects, env, log, ended, pollsClipboard } = this.options;
    const opened = await openDesktop({ env, bus: this.#user, log, pollsClipboard }, signal, isAnew);
    const desktop = effects === 'refuse' ? recordingDesktop(opened, log) : opened;
    this.#desktop = desktop;
    const isOurs = () => this.#desktop === desktop && !this.#stopping.signal.aborted;
    void desktop.lost.then((why) => isOurs() && ended(why));
    const sound = await openSound(env);
    this.#agent = this.#build(desktop, sound);
    await this.#agent.start(signal);
    this.#openedAt = performance.now();
    void desktop.changed?.then((why) => {
      if (isOurs()) this.#reopened = this.#reopen(why);
    });
  }

  async #close(): Promise<void> {
    const [agent, desktop] = [this.#agent, this.#desktop];
    this.#agent = undefined;
    this.#desktop = undefined;
    await agent?.stop();
    await desktop?.[Symbol.asyncDispose]();
  }

  /** Never rejects. As if the agent were started again: whoever could not be reached before may be now. */
  async #reopen(why: string): Promise<void> {
    const { ended, log } = this.options;
    const { signal } = this.#stopping;
    try {
      if (performance.now() - this.#openedAt > STABLE_MS) this.#reopening.reset();
      log.info('the desktop is opened anew', { why });
      await sleep(this.#reopening.next(), undefined, { signal }); // what came or went seldom does so alone
      await this.#close();
      await this.#open(signal, true);
    } catch (error) {
      if (!signal.aborted) ended(`the desktop cannot be opened anew: ${messageOf(error)}`);
    }
  }

  #build(desktop: Desktop, sound: Sound | undefined): Service {
    const { link, env, effects, ended, log } = this.options;
    const user = this.#user;
    const system = new BusClient(systemBus(env), log.child({ bus: 'system' }));
    const acts = effects === 'real' ? realActs({ desktop, sound }, user, system, env, log) : refusedActs;
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
      arranger: () => arrangerOf(user, desktop.display),
      link: new SystemLink({ path: link, introduction, taken: ended, log }),
      needed: [system],
      log,
    });
  }
}

/** @param isAnew there was one: without it there is no session any more */
async function openDesktop(session: SessionInfo, signal: AbortSignal, isAnew: boolean): Promise<Desktop> {
  const backend = chooseBackend(backends, session);
  if (backend === undefined) {
    const why = session.env.WAYLAND_DISPLAY ? 'the Wayland compositor is not there' : 'DISPLAY is not set';
    if (isAnew) throw new AgentError('not-found', why);
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

/** @returns undefined where nothing is installed that sets volumes */
async function openSound(env: NodeJS.ProcessEnv): Promise<Sound | undefined> {
  const mixer = findMixer(toolRunner(env));
  return mixer && { mixer, server: await LocalSoundServer.find(env) };
}

/** What changes the session, for real. */
function realActs(
  { desktop, sound }: { readonly desktop: Desktop; readonly sound: Sound | undefined },
  user: Bus,
  system: Bus,
  env: NodeJS.ProcessEnv,
  log: Log,
): SessionActs {
  const programs = sessionPrograms(env);
  const screenLock = new ScreenLock({ session: user, system, programs, keyboard: desktop.keyboard, wait: sleep, log });
  const settings = desktopSettings(env.XDG_CURRENT_DESKTOP, toolRunner(env), user);
  return {
    lockScreen: (locker) => screenLock.lock(locker),
    logOff: () => askToLogOff(user, desktop.windows),
    notify: (notice) => showNotice(user, notice),
    inbox: new UserInbox(env),
    sound,
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
  sound: undefined,
  effects: undefined,
};
