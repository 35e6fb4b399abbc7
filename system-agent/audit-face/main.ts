import { runFace } from '#shared/cli/face.ts';
import type { Io } from '#shared/cli/io.ts';
import type { CommandLine, Values } from '#shared/cli/options.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { formatJson } from '#shared/json/format.ts';
import type { Head } from '../audit/chain.ts';
import { logLines } from '../audit/lines.ts';
import { verifyLog } from '../audit/verify.ts';
import { DEFAULT_FILE, DEFAULTS } from '../config/config.ts';
import { readConfiguration } from '../config/read.ts';
import { parseAbsolutePath } from '../config/values.ts';
import { followLog } from './follow.ts';
import { parseSince, RecordPrinter } from './records.ts';

export const COMMAND_LINE = {
  name: 'uga audit',
  summary: 'The log of what hosts did in this guest: its records, and whether it is as the agent wrote it.',
  options: [
    { name: 'since', value: 'TIME', help: 'Only what is later: 90s, 15m, 2h or 3d ago, or a date.' },
    { name: 'door', value: 'qga|ovirt|vdagent', help: 'Only what came through this door.' },
    { name: 'command', value: 'NAME', help: 'Only this command.' },
    { name: 'anchor', value: 'COUNT:HASH', help: 'An end of the log that a host has from uga-audit-head.' },
    { name: 'json', help: 'Print JSON; records as they are in the log.' },
    {
      name: 'directory',
      value: 'DIR',
      help: `Folder of the log (default as configured, ${DEFAULTS.auditDirectory}).`,
    },
    { name: 'config', value: 'FILE', help: `Configuration file that names the folder (default ${DEFAULT_FILE}).` },
  ],
  positionals: [{ name: 'show|verify|follow', required: true, choices: ['show', 'verify', 'follow'] }],
  sections: [
    {
      title: 'Actions',
      text: [
        'show    print records, oldest first',
        'verify  look whether a record was edited, removed or moved, and whether a',
        '        file is missing; print each as FILE:LINE: TEXT. With --anchor also',
        '        whether the end is missing, or all was written anew.',
        'follow  print records as they are written, until interrupted',
      ].join('\n'),
    },
    {
      title: 'Exit codes',
      text: '0 shown, or the log is whole; 1 it is not, or cannot be read; 2 wrong command line',
    },
  ],
} as const satisfies CommandLine;

type Options = Values<typeof COMMAND_LINE>;

export function run(argv: readonly string[], io: Io): Promise<number> {
  return runFace(COMMAND_LINE, argv, io, (options, [name = '']) => actionOf(name, options)(folderOf(options), io));
}

type Action = (folder: string, io: Io) => Promise<number>;

/** @throws {AgentError} 'invalid-argument' */
function actionOf(name: string, options: Options): Action {
  const { since, door, command, anchor, json } = options;
  if (anchor !== undefined && name !== 'verify') throw new AgentError('invalid-argument', '--anchor is for verify');
  if (name === 'verify') {
    const known = anchor === undefined ? undefined : parseAnchor(anchor);
    return (folder, io) => verify(folder, known, json, io);
  }
  const filter = { since: since === undefined ? undefined : parseSince(since, Date.now()), door, command };
  const printer = new RecordPrinter(filter, json);
  if (name === 'show') return (folder, io) => show(folder, printer, io);
  if (name === 'follow') return (folder, io) => follow(folder, since !== undefined, printer, io);
  throw new AgentError('invalid-argument', `'${name}' is none of show, verify and follow`);
}

/** @throws {AgentError} 'invalid-argument' */
function parseAnchor(text: string): Head {
  const [, count, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (count === undefined || hash === undefined) {
    throw new AgentError('invalid-argument', `'${text}' is no COUNT:HASH with 64 hexadecimal digits`);
  }
  return { count: Number(count), hash };
}

/** @throws {AgentError} */
function folderOf({ directory, config }: Options): string {
  if (directory !== undefined) return parseAbsolutePath(directory);
  const configured = readConfiguration({ file: config }).config.auditDirectory;
  if (configured === 'off') throw new AgentError('not-found', 'no log is kept: [audit] directory is off');
  return configured;
}

async function show(folder: string, printer: RecordPrinter, io: Io): Promise<number> {
  for await (const { text } of logLines(folder)) {
    const line = printer.print(text);
    if (line !== undefined && !io.stdout.write(`${line}\n`)) {
      if (io.stdout.destroyed) break;
      await new Promise((resolve) => io.stdout.once('drain', resolve).once('close', resolve));
    }
  }
  return 0;
}

async function verify(folder: string, anchor: Head | undefined, json: boolean, io: Io): Promise<number> {
  const { flaws, head, oldest, notes } = await verifyLog(logLines(folder), anchor);
  if (head.count === 0 && flaws.length === 0) throw new AgentError('not-found', `there is no log in ${folder}`);
  if (json) {
    const found = flaws.map(({ file, line, text }) => ({ file, line, text }));
    io.stdout.write(`${formatJson({ whole: flaws.length === 0, flaws: found, notes, oldest, ...head })}\n`);
    return flaws.length === 0 ? 0 : 1;
  }
  for (const { file = folder, line, text } of flaws) {
    io.stdout.write(`${plain(line === undefined ? `${file}: ${text}` : `${file}:${line}: ${text}`)}\n`);
  }
  for (const note of notes) io.stdout.write(`note: ${plain(note)}\n`);
  if (flaws.length === 0)
    io.stdout.write(`whole: records ${oldest} to ${head.count}, ends with ${head.count}:${head.hash}\n`);
  return flaws.length === 0 ? 0 : 1;
}

async function follow(folder: string, fromStart: boolean, printer: RecordPrinter, io: Io): Promise<number> {
  const over = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort());
  io.stdout.on('error', () => over.abort());
  const tell = (text: string) => {
    const line = printer.print(text);
    if (line !== undefined) io.stdout.write(`${line}\n`);
  };
  await followLog(folder, fromStart, tell, over.signal);
  return 0;
}
