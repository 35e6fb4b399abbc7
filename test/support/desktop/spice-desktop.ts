import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ourProgram, safeEnvironment } from '#test/support/agents.ts';
import { Program, temporaryFolder } from '#test/support/programs.ts';
import { until } from '#test/support/until.ts';
import { HEIGHT, openPort, WIDTH } from '#test/support/vdagent-guests.ts';
import { startXvfb, type XServer } from './x-server.ts';

export type Which = 'original' | 'ours';

/** Both programs of a guest, whole and real, on an X server of the test's own, with a host that is a script. */
export interface SpiceDesktop extends AsyncDisposable {
  readonly server: XServer;
  readonly env: XServer['env'];
  readonly host: Awaited<ReturnType<typeof openPort>>['host'];
  readonly system: Program;
  readonly session: Program;
  /** Records of the pointer's device, if there is one. */
  readonly uinput: string;
  /** Where files of the client go. */
  readonly received: string;
  /** The user's. */
  readonly home: string;
}

/** What is not as usual. */
export interface Staging {
  /** Default: Xvfb with one monitor. */
  readonly startServer?: () => Promise<XServer>;
  /**
   * `auto`: ours may not make a device here, and has the session move the pointer. `fake`: its records go to a file, as
   * the original's always do. Default: `off`.
   */
  readonly uinput?: 'off' | 'auto' | 'fake';
  /** Address of a bus that is both the guest's and the session's. Default: there is none. */
  readonly bus?: string;
  /** Sockets in `home` at which ours serves other hosts too. Default: none. */
  readonly doors?: { readonly qga: string; readonly ovirt: string };
}

export async function startSpiceDesktop(which: Which, staging: Staging = {}): Promise<SpiceDesktop> {
  const { startServer = () => startXvfb(`${WIDTH}x${HEIGHT}`) } = staging;
  const folder = temporaryFolder();
  const file = path.join(folder.path, 'port');
  const port = await openPort(file);
  const server = await startServer();
  const programs: Program[] = [];
  const stop = async () => {
    for (const program of programs.toReversed()) await program[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    port[Symbol.dispose]();
    folder[Symbol.dispose]();
  };
  const { bus = 'unix:path=/nonexistent' } = staging;
  const buses = { DBUS_SESSION_BUS_ADDRESS: bus, DBUS_SYSTEM_BUS_ADDRESS: bus };
  const env = { ...server.env, ...buses, NO_AT_BRIDGE: '1', HOME: folder.path };
  try {
    const { host } = port;
    const received = receivedIn(folder.path);
    mkdirSync(received);
    const keep: Keep = (program) => programs.push(program);
    const { system, session } = await (which === 'original'
      ? startOriginal(folder.path, file, env, keep)
      : startOurs(folder.path, file, env, keep, staging));
    await until(() => host.heardCount > 0 || !system.running, `${which} to announce itself`);
    host.announce(true);
    await until(() => host.heardCount > 1, 'the answer');
    const [device, home] = [uinputIn(folder.path), folder.path];
    return {
      server,
      env: server.env,
      host,
      system,
      session,
      uinput: device,
      received,
      home,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function uinputIn(folder: string): string {
  return path.join(folder, 'uinput');
}

function receivedIn(folder: string): string {
  return path.join(folder, 'received');
}

/** Told of each program as it is started: the next one may fail. */
type Keep = (program: Program) => void;
type Started = Promise<{ readonly system: Program; readonly session: Program }>;

/** Debian's two programs, without session information: the only agent that there is, is served. */
async function startOriginal(folder: string, port: string, env: NodeJS.ProcessEnv, started: Keep): Started {
  const socket = path.join(folder, 'session');
  const uinput = uinputIn(folder);
  writeFileSync(uinput, '');
  const system = new Program(
    ['/usr/sbin/spice-vdagentd', '-x', '-f', '-X', '-u', uinput, '-s', port, '-S', socket],
    env,
  );
  started(system);
  await system.socket(socket);
  const files = ['-f', receivedIn(folder), '-o', '0'];
  const session = new Program(['spice-vdagent', '-x', '-s', port, '-S', socket, ...files], env);
  started(session);
  return { system, session };
}

async function startOurs(
  folder: string,
  port: string,
  env: NodeJS.ProcessEnv,
  started: Keep,
  { uinput = 'off', doors }: Staging,
): Started {
  const config = path.join(folder, 'uga.conf');
  const link = path.join(folder, 'link.sock');
  const files = `[files]\nfolder=${receivedIn(folder)}\nwhen-done=nothing\n`;
  const settings = `[link]\nallow-uid=${process.getuid?.()}\n[originals]\nhonour=no\n${files}`;
  writeFileSync(config, settings, { mode: 0o600 });
  if (uinput === 'fake') writeFileSync(uinputIn(folder), '');
  const pointer = uinput === 'fake' ? `fake:${uinputIn(folder)}` : uinput;
  const at = (door: string | undefined) => (door === undefined ? 'off' : `unix-listen:${path.join(folder, door)}`);
  const options = [
    ...['--config', config, '--qga', at(doors?.qga), '--ovirt', at(doors?.ovirt)],
    ...['--vdagent', `unix-connect:${port}`, '--uinput', pointer],
    ...['--link', link, '--control', path.join(folder, 'control.sock'), '--state-dir', folder],
  ];
  const system = new Program([...ourProgram('system-agent'), ...options], { ...safeEnvironment(), ...env });
  started(system);
  await system.socket(link);
  const session = new Program([...ourProgram('session-agent'), '--link', link], env);
  started(session);
  return { system, session };
}
