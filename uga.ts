import path from 'node:path';
import type { Io } from '#shared/cli/io.ts';
import { FACES } from './faces.ts';

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

void main(process.argv.slice(1), process).then((code) => {
  process.exitCode = code;
});
