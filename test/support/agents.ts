import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program, temporaryFolder } from './programs.ts';
import { RawClient } from './raw-client.ts';

/**
 * Agents on a unix socket. Ours is started with refusing ports, always: no byte that a test sends can change the
 * machine that runs the tests. The real qemu-ga has no such switch, so `askOracle` refuses by name instead.
 */
export interface RunningAgent extends AsyncDisposable {
  readonly socket: string;
  readonly folder: string;
  readonly program: Program;
}

/** Where a package was unpacked that is to be run; without it that of `npm run build` is. */
const UNPACKED = process.env.UGA_UNPACKED;
const PROGRAM = UNPACKED === undefined ? ([process.execPath, 'dist/uga.js'] as const) : packagedProgram(UNPACKED);

/** Environment, runtime, its flags and our program as the package's unit has them, but in that folder. */
function packagedProgram(root: string): readonly [string, ...string[]] {
  const unit = readFileSync(path.join(root, 'usr/lib/systemd/system/uga-system-agent.service'), 'utf8');
  const [, words = ''] = /^ExecStart=(.+) system-agent$/m.exec(unit) ?? [];
  const [, variables = ''] = /^Environment=(.+)$/m.exec(unit) ?? [];
  const program = words.split(' ').map((word) => (word.startsWith('/') ? path.join(root, word) : word));
  return ['env', ...variables.split(' '), ...program];
}

/** The environment in which nothing our agent does can reach the machine. */
export function safeEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, UGA_EFFECTS: 'refuse' };
}

/** @param options more options of the face */
export async function startSystemAgent(...options: string[]): Promise<RunningAgent> {
  return start((folder, socket) => systemAgentArguments(folder, socket, options));
}

/**
 * The same, started by another program: `wrapper` and then our own words. It may live in namespaces of its own, so only
 * connecting tells that it listens.
 */
export async function startAgentThrough(
  wrapper: readonly [string, ...string[]],
  effects: string,
): Promise<RunningAgent> {
  const environment = { ...process.env, UGA_EFFECTS: effects };
  return start((folder, socket) => [...wrapper, ...systemAgentArguments(folder, socket, [])], environment, connected);
}

const START_TIMEOUT_MS = 60_000;

async function connected(program: Program, socket: string): Promise<void> {
  for (const end = Date.now() + START_TIMEOUT_MS; ; await sleep(20)) {
    try {
      return (await RawClient.connect(socket))[Symbol.dispose]();
    } catch (error) {
      if (!program.running || Date.now() > end) throw new Error(`no agent: ${program.stderr}`, { cause: error });
    }
  }
}

/**
 * An agent that may open files and start programs in that folder, and nothing else of effect.
 * @param stateFolder to be used by another agent later
 * @param options more options of the face
 */
export async function startConfinedAgent(
  folder: string,
  stateFolder?: string,
  ...options: string[]
): Promise<RunningAgent> {
  const environment = { ...safeEnvironment(), UGA_EFFECTS: `below:${folder}` };
  return start((own, socket) => systemAgentArguments(own, socket, options, stateFolder), environment);
}

function systemAgentArguments(
  folder: string,
  socket: string,
  options: readonly string[],
  stateFolder = folder,
): [string, ...string[]] {
  return [
    ...ourProgram('system-agent'),
    '--qga',
    `unix-listen:${socket}`,
    ...(options.includes('--ovirt') ? [] : ['--ovirt', 'off']),
    ...['--vdagent', 'off', '--uinput', 'off'],
    ...['--link', path.join(folder, 'link.sock'), '--control', path.join(folder, 'control.sock')],
    ...['--state-dir', stateFolder],
    ...options,
  ];
}

/** Our qemu-ga face. */
export async function startQemuGaFace(...options: string[]): Promise<RunningAgent> {
  return start((folder, socket) => [...ourProgram('qemu-ga'), ...qemuGaOptions(folder, socket), ...options]);
}

/** The real one. */
export async function startOracle(...options: string[]): Promise<RunningAgent> {
  return start((folder, socket) => ['qemu-ga', ...qemuGaOptions(folder, socket), ...options]);
}

export function ourProgram(face: string): [string, ...string[]] {
  return [...PROGRAM, face];
}

function qemuGaOptions(folder: string, socket: string): string[] {
  return ['-m', 'unix-listen', '-p', socket, '-t', folder, '-f', path.join(folder, 'pid')];
}

async function start(
  argv: (folder: string, socket: string) => [string, ...string[]],
  environment = safeEnvironment(),
  ready = (program: Program, socket: string) => program.socket(socket),
): Promise<RunningAgent> {
  const folder = temporaryFolder();
  const socket = path.join(folder.path, 'qga.sock');
  const program = new Program(argv(folder.path, socket), environment);
  try {
    await ready(program, socket);
  } catch (error) {
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
    throw error;
  }
  return {
    socket,
    folder: folder.path,
    program,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
