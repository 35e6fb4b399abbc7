import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program, temporaryFolder, until, without } from '#test/support/programs.ts';

/** An X server of the test's own, on a display number that the server found free itself. */
export interface XServer extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly program: Program;
}

export const needsXvfb = without('Xvfb') || without('xclip');

/** Xvfb that keeps its state when the last client leaves. Its screen can become as large as `size`, and no larger. */
export async function startXvfb(size = '2048x2048'): Promise<XServer> {
  return start(['Xvfb', '-screen', '0', `${size}x24`, '-noreset', '-nolisten', 'tcp']);
}

const DUMMY = `Section "ServerFlags"
  Option "AutoAddDevices" "off"
  Option "AutoEnableDevices" "off"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 256000
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 4096 4096
  EndSubSection
EndSection
`;

/** The real X.Org server on a graphics card that is not there. */
export async function startXorgDummy(): Promise<XServer> {
  const folder = temporaryFolder();
  const file = path.join(folder.path, 'xorg.conf');
  writeFileSync(file, DUMMY);
  const log = path.join(folder.path, 'log');
  const server = await start([
    'Xorg',
    ...['-config', file, '-logfile', log, '-noreset', '-nolisten', 'tcp', '-sharevts', '-novtswitch'],
  ]);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function start([name, ...options]: [string, ...string[]]): Promise<XServer> {
  // -displayfd 1: the server takes a free number and writes it.
  const program = new Program([name, '-displayfd', '1', ...options]);
  await until(() => /\d+\n/.test(program.stdout) || !program.running, `${name} to be ready`);
  if (!program.running) throw new Error(`${name} ended: ${program.stderr}`);
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', DISPLAY: `:${program.stdout.trim()}` };
  return { env, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** Runs a program to its end. `input` goes to its stdin. @throws when it fails or takes longer than `timeoutMs` */
export async function runClient(
  env: Readonly<Record<string, string>>,
  [file, ...args]: readonly [string, ...string[]],
  { input, timeoutMs = 20_000 }: { input?: Buffer | string; timeoutMs?: number } = {},
): Promise<Buffer> {
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const parts: Buffer[] = [];
  let errors = '';
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(deadline);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${errors}`);
  return Buffer.concat(parts);
}

/** An application that copies, and stays to give its copy away until it is disposed of. */
export class Copying implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;

  constructor(
    env: Readonly<Record<string, string>>,
    content: Buffer | string,
    target = 'UTF8_STRING',
    selection = 'clipboard',
  ) {
    const args = ['-selection', selection, '-i', '-quiet', '-t', target];
    this.#child = spawn('xclip', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.end(content);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    while (this.#child.exitCode === null && this.#child.signalCode === null) await sleep(5);
  }
}
