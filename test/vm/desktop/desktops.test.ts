import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootDesktop, resumeGuest } from '../guest/guest.ts';
import type { Machine } from '../guest/machine.ts';
import type { RootShell } from '../guest/root-shell.ts';
import { noDesktop } from '../needs.ts';
import { type ClientOptions, type Size, SpiceClient } from '../spice/client.ts';
import { until } from '../support/wait.ts';
import { agentReady } from './desktop.ts';
import { installed, sessionAgentsOf } from './pair.ts';
import { DesktopSession } from './session.ts';

/** A whole desktop starts under emulation, on a machine that may be busy. */
const LOGIN_MS = 300_000;
/** Twenty settings and more, each by a program. */
const SOON_MS = 120_000;
/** For what must not come: a desktop that would rather have another size. */
const NEVER_MS = 8_000;

/** None is a mode that a display has by itself. A device takes any; where the size is ours to choose, widths are multiples of 8. */
const OF_DEVICE: readonly Size[] = [
  { width: 1234, height: 701 },
  { width: 1000, height: 620 },
];
const OF_MESSAGE: readonly Size[] = [
  { width: 1232, height: 701 },
  { width: 1000, height: 620 },
];

interface Kind {
  /** Those that must run before it is a desktop. */
  readonly programs: readonly string[];
  /** The user's settings, by programs, which are restored in the end. */
  readonly before: readonly string[];
  /** What the desktop's own program reads while effects are reduced. */
  readonly reduced: Readonly<Record<string, string>>;
}

const xfconf = (channel: string, property: string) => `xfconf-query -c ${channel} -p ${property}`;
const gsettings = (schema: string, key: string) => `gsettings get org.mate.${schema} ${key}`;
const BACKDROP = '/backdrop/screen0/monitorVirtual-1/workspace0/image-style';

const KINDS: Readonly<Record<'xfce' | 'mate', Kind>> = {
  xfce: {
    programs: ['xfce4-session', 'xfwm4', 'xfsettingsd', 'xfdesktop'],
    before: [],
    reduced: {
      [xfconf('xfce4-desktop', BACKDROP)]: '0',
      [xfconf('xsettings', '/Xft/Antialias')]: '0',
      [xfconf('xfwm4', '/general/use_compositing')]: 'false',
    },
  },
  mate: {
    programs: ['mate-session', 'marco', 'mate-settings-daemon', 'caja'],
    before: ['gsettings set org.mate.background picture-filename /usr/share/backgrounds/xfce/xfce-shapes.svg'],
    reduced: {
      [gsettings('background', 'picture-filename')]: "''",
      [gsettings('font-rendering', 'antialiasing')]: "'none'",
      [gsettings('interface', 'gtk-enable-animations')]: 'false',
      [gsettings('interface', 'enable-animations')]: 'false',
    },
  },
};

const ALL = { withoutEffects: ['wallpaper', 'font-smooth', 'animation'] } as const satisfies ClientOptions;
const FORBIDDEN = '/etc/uga/uga.conf.d/effects.conf';

for (const [name, kind] of Object.entries(KINDS)) {
  describe(`${name}, whose display is the standard VGA`, { skip: noDesktop }, () => {
    let session: Session;

    before(async () => {
      session = await Session.begin(await resumeGuest({ image: 'desktops' }), name, kind);
      for (const command of kind.before) await session.run(command);
    });

    after(async () => {
      await session?.[Symbol.asyncDispose]();
    });

    const settings = () => session.read(Object.keys(kind.reduced));
    const become = (wanted: readonly string[]) =>
      until(SOON_MS, `the settings ${wanted.join()}`, async () => {
        const now = await settings();
        return now.join('\n') === wanted.join('\n') || undefined;
      });
    const reduced = Object.values(kind.reduced);

    it("takes the client's size from us at once, and leaves it", async (t) => {
      await using client = await session.connect();
      for (const size of OF_MESSAGE) {
        await takes(t, client, size);
        await session.staysAt(size);
      }
    });

    it('is as loud as its client, and volumes come and go with the sound server', async () => {
      const volume = () => session.run('pactl get-sink-volume @DEFAULT_SINK@ || true'); // there may be no sink yet
      const sound = 'pipewire.socket pipewire-pulse.socket pipewire.service pipewire-pulse.service wireplumber.service';
      const becomes = (percent: number) =>
        until(SOON_MS, `a volume of ${percent} %`, async () => {
          return new RegExp(` ${percent}%.* ${percent}%`).test(await volume()) || undefined;
        });
      const offers = (client: SpiceClient, offered: boolean) =>
        client.sees(SOON_MS, `volumes ${offered ? 'taken' : 'not taken'}`, ({ agent, capabilities }) => {
          return agent && capabilities.includes(AUDIO_VOLUME_SYNC) === offered;
        });
      {
        await using client = await session.connect({ loudness: 0.5 });
        await offers(client, true);
        await becomes(50);
        await session.run(`systemctl --user stop ${sound}`);
        // A socket unit leaves its file, at which nobody answers; a session that has not had a server yet has none.
        await session.run('sh -c "rm -f /run/user/1000/pulse/native /run/user/1000/pipewire-0*"');
        await offers(client, false);
      }
      await using client = await session.connect({ loudness: 0.2 });
      await offers(client, false);
      await session.run(`systemctl --user start ${sound}`);
      await offers(client, true);
      await becomes(20); // of the sink that nobody hears: the machine has no card
      await session.run('pactl load-module module-null-sink sink_name=speakers');
      await until(SOON_MS, 'the speakers', async () => {
        return (await session.run('pactl get-default-sink')).trim() === 'speakers' || undefined;
      });
      await becomes(20);
    });

    it('does without effects while a client is there that wants it', async (t) => {
      const asItWas = await settings();
      assert.ok(
        reduced.every((value, at) => value !== asItWas[at]),
        asItWas.join(),
      );
      const start = Date.now();
      {
        await using _client = await session.connect(ALL);
        await become(reduced);
        t.diagnostic(`reduced ${Date.now() - start} ms after the client began to connect`);
      }
      const left = Date.now();
      await become(asItWas);
      t.diagnostic(`restored ${Date.now() - left} ms after the client left`);
    });

    it('has only those reduced that the client wants to be', async () => {
      const asItWas = await settings();
      const [, smoothing] = Object.keys(kind.reduced);
      const wanted = Object.entries(kind.reduced).map(([key, value], at) =>
        key === smoothing ? value : (asItWas[at] ?? ''),
      );
      {
        await using _client = await session.connect({ withoutEffects: ['font-smooth'] });
        await become(wanted);
      }
      await become(asItWas);
    });

    it('has its effects back from the next session agent after one was killed, and when one ends', async () => {
      const asItWas = await settings();
      {
        await using _client = await session.connect(ALL);
        await become(reduced);
        await session.endAgent('KILL');
        assert.deepEqual(await settings(), reduced);
        await session.stopSystem(); // which would ask for the same again
        await session.startAgent();
        await become(asItWas);
        await session.startSystem();
        await become(reduced);
        await session.endAgent('TERM');
        await become(asItWas);
      }
      await session.startAgent();
      await session.agentIsThere();
    });

    it('keeps its effects where the administrator says so', async () => {
      await session.shell.run(`mkdir -p /etc/uga/uga.conf.d && printf '[effects]\\nreduce=no\\n' >${FORBIDDEN}`);
      await session.stopSystem();
      await session.startSystem();
      const asItWas = await settings();
      assert.ok(
        reduced.every((value, at) => value !== asItWas[at]),
        asItWas.join(),
      );
      await using client = await session.connect(ALL);
      assert.ok(!(await client.state()).capabilities.includes(DISPLAY_CONFIG));
      await sleep(NEVER_MS);
      assert.deepEqual(await settings(), asItWas);
      await session.shell.run(`rm ${FORBIDDEN}`);
    });
  });

  for (const device of ['virtio-vga', 'qxl-vga'] as const) {
    describe(`${name}, whose display is ${device}`, { skip: noDesktop }, () => {
      let session: Session;

      before(async () => {
        session = await Session.begin(await bootDesktop(device, 'desktops'), name, kind);
      });

      after(async () => {
        await session?.[Symbol.asyncDispose]();
      });

      it("leaves the client's size to us, who act three seconds after the last change", async (t) => {
        await using client = await session.connect();
        for (const size of OF_DEVICE) {
          const followed = await session.countOf('the display device is followed');
          await takes(t, client, size);
          await until(SOON_MS, 'the word that it was us', async () => {
            return (await session.countOf('the display device is followed')) === followed + 1 || undefined;
          });
          await session.staysAt(size);
        }
      });
    });
  }
}

/** Capabilities of an agent, from spice-protocol's vd_agent.h. */
const DISPLAY_CONFIG = 4;
const AUDIO_VOLUME_SYNC = 11;

/** Alice's session of one of the desktops, with the agent that its own autostart starts. */
class Session implements AsyncDisposable {
  readonly #alice: DesktopSession;

  private constructor(private readonly guest: Machine) {
    this.#alice = new DesktopSession(guest.shell, 'alice', ':0');
  }

  /** Takes the guest over. */
  static async begin(guest: Machine, name: string, kind: Kind): Promise<Session> {
    const session = new Session(guest);
    try {
      await session.#logIn(name, kind);
      return session;
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  get shell(): RootShell {
    return this.guest.shell;
  }

  async #logIn(name: string, { programs }: Kind): Promise<void> {
    // What hides the package's autostart from other tests' sessions, and what takes its place there.
    await this.shell.run(
      `rm -f /home/alice/.config/autostart/uga-session-agent.desktop /etc/xdg/autostart/lab-session-agent.desktop
      printf '[Seat:*]\\nautologin-session=${name}\\n' >/etc/lightdm/lightdm.conf.d/60-session.conf
      systemctl restart lightdm`,
    );
    await installed.start(this.shell);
    for (const program of programs) {
      await until(
        LOGIN_MS,
        program,
        async () => (await this.shell.try(`pgrep -u alice -x ${program.slice(0, 15)}`)).status === 0 || undefined,
      );
    }
    await this.agentIsThere();
  }

  /** A client that sees a ready agent. */
  async connect(options: ClientOptions = {}): Promise<SpiceClient> {
    const socket = this.guest.socketOf('spice');
    const client = await SpiceClient.start(socket, path.join(path.dirname(socket), 'client.log'), options);
    await agentReady(client, SOON_MS);
    return client;
  }

  /** Runs a program of alice's in reach of her settings. */
  run(command: string): Promise<string> {
    return this.#alice.run(`${REACH} ${command}`);
  }

  async read(commands: readonly string[]): Promise<string[]> {
    const values: string[] = [];
    for (const command of commands) values.push(await this.run(command));
    return values;
  }

  /** Lines of the session's agents so far. */
  async countOf(words: string): Promise<number> {
    return Number(await this.shell.run(`cat /home/alice/.xsession-errors | grep -c '${words}' || true`));
  }

  async staysAt(size: Size): Promise<void> {
    await sleep(NEVER_MS);
    assert.deepEqual(await this.#alice.screen(), size);
  }

  async endAgent(signal: 'TERM' | 'KILL'): Promise<void> {
    const [pid] = await sessionAgentsOf(this.shell, installed, 'alice');
    assert.ok(pid !== undefined);
    await this.shell.run(`kill -${signal} ${pid}`);
    await until(
      SOON_MS,
      'the end of the agent',
      async () => (await this.shell.try(`kill -0 ${pid}`)).status !== 0 || undefined,
    );
  }

  /** By the other way that the package has for it: the session's autostart is over. */
  async startAgent(): Promise<void> {
    await this.run('systemctl --user import-environment DISPLAY XAUTHORITY XDG_CURRENT_DESKTOP');
    await this.run('systemctl --user start uga-session-agent.service');
  }

  async stopSystem(): Promise<void> {
    await this.shell.run(`systemctl stop ${installed.unit}`);
  }

  async startSystem(): Promise<void> {
    await installed.start(this.shell);
    await this.agentIsThere();
  }

  /** Waits for it to be served. */
  async agentIsThere(): Promise<void> {
    await until(LOGIN_MS, "alice's agent", async () => {
      const { stdout } = await this.shell.try('uga status');
      return / served .*\n +session agent .* process/.test(stdout) || undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guest[Symbol.asyncDispose]();
  }
}

const REACH = 'env XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus';

/** Seen by the client, because to ask the guest's X server would make it look at its outputs. */
async function takes(t: TestContext, client: SpiceClient, size: Size): Promise<void> {
  const since = Date.now();
  await client.resize(size);
  await client.sees(SOON_MS, `${size.width}x${size.height}`, ({ surfaces }) => {
    return surfaces[0]?.width === size.width && surfaces[0].height === size.height;
  });
  t.diagnostic(`${size.width}x${size.height} after ${Date.now() - since} ms`);
}
