import path from 'node:path';
import type { Io, Run } from '#shared/cli/io.ts';

/**
 * One program, several faces: by subcommand, or by the name it is called under. A face is loaded when it is chosen.
 */
interface Face {
  readonly name: string;
  /** For --help; a face without it is not listed. */
  readonly summary?: string;
  load(): Promise<{ readonly run: Run }>;
}

const FACES: readonly Face[] = [
  {
    name: 'system-agent',
    summary: 'the privileged daemon of a guest, one per guest',
    load: () => import('./system-agent/main.ts'),
  },
  {
    name: 'session-agent',
    summary: 'the agent of one login session, started with it',
    load: () => import('./session-agent/main.ts'),
  },
  {
    name: 'qemu-ga',
    summary: "the same door with qemu-ga's own options",
    load: () => import('./system-agent/qemu-ga/main.ts'),
  },
  { name: 'host', summary: 'talk to an agent from the host side', load: () => import('./host/main.ts') },
  {
    name: 'demo',
    summary: 'try the agent here: nothing on this machine is changed',
    load: () => import('./host/demo/main.ts'),
  },
  { name: 'authorized-keys', load: () => import('./system-agent/authorized-keys/helper.ts') },
];

const HELP = `Usage: uga FACE [OPTION]...
       uga --help | --version
The unified guest agent: serves QEMU, libvirt, oVirt and SPICE hosts.

Faces:
${FACES.filter(({ summary }) => summary !== undefined)
  .map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

'uga FACE --help' describes the options of each.
`;

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [program = '', ...words] = argv;
  const calledAs = path.basename(program);
  const named = FACES.find(({ name }) => name === calledAs);
  if (named !== undefined) return (await named.load()).run(words, io);

  const [word, ...rest] = words;
  if (word === '--help' || word === '-h') return say(io.stdout, HELP, 0);
  if (word === '--version' || word === '-V') return say(io.stdout, `uga ${UGA_VERSION} (${UGA_COMMIT})\n`, 0);
  const face = FACES.find(({ name }) => name === word);
  if (face !== undefined) return (await face.load()).run(rest, io);
  const problem = word === undefined ? 'which face?' : `unknown face or option '${word}'`;
  return say(io.stderr, `uga: ${problem}\nUsage: uga FACE [OPTION]...\nSee 'uga --help'.\n`, 2);
}

function say(stream: Io['stdout'], text: string, code: number): number {
  stream.write(text);
  return code;
}

process.exitCode = await main(process.argv.slice(1), process);
