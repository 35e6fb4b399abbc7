import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { BusClient } from '#shared/dbus/client.ts';
import { silent } from '#shared/log/log.ts';
import { PrivateBus } from '../dbus/daemon.ts';
import { locate, Program, temporaryFolder, until, without } from '../programs.ts';
import { needsToolkit } from './toolkit.ts';
import { startXvfb, type XServer } from './x-server.ts';

/** A desktop's own session manager, and what it needs to run without its desktop. */
export interface Manager {
  readonly program: readonly [string, ...string[]];
  /** Its name on the session bus. */
  readonly name: string;
  /** Who is asked to end the session, where that is another name. */
  readonly asks?: string;
  /** It speaks X11's session management protocol, which Qt's applications know. */
  readonly speaksIce?: true;
  /** It waits for an application that asks for it. */
  readonly waits: boolean;
  /** Services of the session bus that it needs, and their names there. */
  readonly before?: readonly { readonly program: string; readonly name: string }[];
}

const GNOME = 'org.gnome.SessionManager';
const XFCONF = '/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd';

/** Of Plasma 5 on X11: the manager, and the service through which a session is ended. Its bus starts that one otherwise. */
const KDE: Manager = {
  program: ['/usr/bin/ksmserver'],
  name: 'org.kde.ksmserver',
  asks: 'org.kde.Shutdown',
  speaksIce: true,
  waits: true,
  before: [{ program: '/usr/bin/plasma-shutdown', name: 'org.kde.Shutdown' }],
};

export const MANAGERS: readonly Manager[] = [
  { program: ['/usr/libexec/gnome-session-binary', '--builtin', '--session=empty'], name: GNOME, waits: true },
  { program: ['/usr/bin/mate-session'], name: GNOME, waits: true },
  {
    program: ['/usr/bin/xfce4-session'],
    name: 'org.xfce.SessionManager',
    waits: false,
    before: [{ program: XFCONF, name: 'org.xfce.Xfconf' }],
  },
  KDE,
];

/** It ends all programs without asking any; in the place of a window manager it has a program that manages nothing. */
export const LXQT: Manager = {
  program: ['/usr/bin/lxqt-session', '-w', '/usr/bin/cat'],
  name: 'org.lxqt.session',
  waits: false,
};

/** Reason for a skip, else false. */
export function needsManager({ program: [file], before = [], speaksIce }: Manager): string | false {
  const missing = [file, ...before.map(({ program }) => program)].find((one) => !existsSync(one));
  const toolkit = needsToolkit(speaksIce ? 'qt' : 'gtk');
  const tools = without('Xvfb') || without('dbus-daemon') || without('iceauth') || toolkit;
  return missing === undefined ? tools : `${missing} is not there`;
}

/** Under the home: no applet and no window manager starts. */
const SETTINGS: Readonly<Record<string, string>> = {
  '.config/glib-2.0/settings/keyfile': '[org/mate/session]\nrequired-components-list=@as []\n',
  '.config/gnome-session/sessions/empty.session': '[GNOME Session]\nName=empty\nRequiredComponents=\n',
  '.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-session.xml': `<?xml version="1.0" encoding="UTF-8"?>
    <channel name="xfce4-session" version="1.0">
      <property name="general" type="empty"><property name="FailsafeSessionName" type="string" value="Empty"/></property>
      <property name="sessions" type="empty"><property name="Empty" type="empty">
        <property name="IsFailsafe" type="bool" value="true"/>
        <property name="Count" type="int" value="1"/>
        <property name="Client0_Command" type="array"><value type="string" value="/bin/true"/></property>
        <property name="Client0_PerScreen" type="bool" value="false"/>
      </property></property>
    </channel>`,
};

/**
 * A session of a real session manager with an application in it. Its buses are the test's own: the one in the place of the
 * system's is empty, so that no session manager can switch anything off.
 */
export class ManagedSession implements AsyncDisposable {
  readonly #owned: AsyncDisposable[] = [];
  readonly #names = new Set<string>();
  readonly #home: string;
  #manager: Program | undefined;
  #server: XServer | undefined;
  #env: Readonly<Record<string, string>> = {};
  #application = 'unsaved-text.py';
  bus = new BusClient([], silent);

  private constructor() {
    const home = temporaryFolder();
    this.#home = home.path;
    this.#owned.push({ [Symbol.asyncDispose]: async () => home[Symbol.dispose]() });
  }

  static async start(manager: Manager): Promise<ManagedSession> {
    const session = new ManagedSession();
    try {
      await session.#prepare();
      for (const { program, name } of manager.before ?? []) await session.#serve([program], name);
      await session.#serve(manager.program, manager.name);
      if (manager.speaksIce) session.#speakIce();
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isOver(): boolean {
    return this.#manager?.running !== true;
  }

  /** An application with unsaved text, once it is known to the session manager. */
  async open(...words: string[]): Promise<Program> {
    const editor = this.#run(['/usr/bin/python3', `test/support/desktop/${this.#application}`, ...words]);
    await until(() => editor.stdout.includes('ready') || !editor.running, 'the application');
    if (!editor.running) throw new Error(`the application ended: ${editor.stderr}`);
    return editor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What session managers have started, they may leave behind; it ends with the display.
    this.#manager?.kill('SIGKILL');
    await this.#server?.[Symbol.asyncDispose]();
    for (const one of this.#owned.reverse()) await one[Symbol.asyncDispose]();
  }

  async #prepare(): Promise<void> {
    const home = this.#home;
    for (const [name, text] of Object.entries(SETTINGS)) {
      mkdirSync(path.join(home, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(home, name), text);
    }
    const programs = path.join(home, 'bin');
    mkdirSync(programs);
    symlinkSync(locate('iceauth') ?? '', path.join(programs, 'iceauth'));
    const server = await startXvfb('640x480');
    this.#server = server;
    const [user, system] = [await new PrivateBus().start(), await new PrivateBus().start()];
    this.#owned.push(system, user);
    this.#env = {
      PATH: programs, // without the agents for keys that session managers start, and leave
      HOME: home,
      DISPLAY: server.env.DISPLAY ?? '',
      XDG_RUNTIME_DIR: home,
      XDG_CONFIG_DIRS: path.join(home, 'none'), // nothing starts by itself
      DBUS_SESSION_BUS_ADDRESS: user.address,
      DBUS_SYSTEM_BUS_ADDRESS: system.address,
      GSETTINGS_BACKEND: 'keyfile',
      NO_AT_BRIDGE: '1',
    };
    const bus = new BusClient([user.socket], silent);
    this.bus = bus;
    await bus.start();
    this.#owned.push({ [Symbol.asyncDispose]: () => bus.stop() });
  }

  #run(argv: readonly [string, ...string[]]): Program {
    const program = new Program(argv, this.#env);
    this.#owned.push(program);
    return program;
  }

  /** Where its applications find it: as libICE names its socket, by which it knows the cookie too. */
  #speakIce(): void {
    this.#application = 'unsaved-text-qt.py';
    this.#env = { ...this.#env, SESSION_MANAGER: `local/${hostname()}:@/tmp/.ICE-unix/${this.#manager?.pid}` };
  }

  async #serve(argv: readonly [string, ...string[]], name: string): Promise<void> {
    this.bus.watchName(name, (owner) => {
      if (owner === undefined) this.#names.delete(name);
      else this.#names.add(name);
    });
    const program = this.#run(argv);
    this.#manager = program;
    await until(() => this.#names.has(name) || !program.running, name);
    if (!program.running) throw new Error(`${argv[0]} ended: ${program.stderr}`);
  }
}
