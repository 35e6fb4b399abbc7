import path from 'node:path';
import { runFace } from '#shared/cli/face.ts';
import type { Io } from '#shared/cli/io.ts';
import type { CommandLine, Values } from '#shared/cli/options.ts';
import { plain } from '#shared/cli/plain.ts';
import { AgentError } from '#shared/errors.ts';
import { isBelow } from '#shared/files.ts';
import { formatJson } from '#shared/json/format.ts';
import { type Config, DEFAULT_FILE, DEFAULTS } from '../config/config.ts';
import { formatProblem } from '../config/findings.ts';
import { readConfiguration } from '../config/read.ts';
import { parseAbsolutePath } from '../config/values.ts';
import { CLASSES, DOORS, type Door } from '../policy/classes.ts';
import { PROFILE_NAMES, PROFILES } from '../policy/profiles.ts';
import { RATE_SYNTAX } from '../policy/rate.ts';
import { readPolicy } from '../policy/read.ts';
import { apply } from './apply.ts';
import { explain, parseQuestion } from './explain.ts';
import { show } from './show.ts';

const ACTIONS = ['check', 'explain', 'apply', 'show'] as const;

export const COMMAND_LINE = {
  name: 'uga policy',
  summary: 'What hosts may do in this guest: look at the policy, ask it, or install one.',
  options: [
    { name: 'policy', value: 'FILE', help: `Policy file (default as configured, ${DEFAULTS.policyFile}).` },
    { name: 'config', value: 'FILE', help: `Configuration file (default ${DEFAULT_FILE}).` },
    {
      name: 'door',
      value: 'qga|ovirt|vdagent',
      help: 'explain: the door that the request comes through (default qga).',
    },
    { name: 'json', help: 'Print one JSON object instead of text (check, explain, show).' },
    { name: 'dry-run', help: 'apply: print what would be written, and write nothing.' },
  ],
  positionals: [
    { name: ACTIONS.join('|'), required: true, choices: ACTIONS },
    { name: 'REQUEST|PROFILE', choices: PROFILE_NAMES },
  ],
  sections: [
    {
      title: 'Actions',
      text: [
        'check            read the policy and print what is wrong as FILE:LINE: KEY: TEXT',
        'explain REQUEST  say whether a request is allowed, or which rule denies it, without',
        '                 doing it; REQUEST is what the host sends, or a name alone',
        'apply PROFILE    write the profile into the policy file, rules that stand there stay,',
        '                 and confine the unit as far as the policy permits',
        'show             print the profile, the rules and what is denied at each door',
      ].join('\n'),
    },
    {
      title: 'Profiles',
      text: PROFILE_NAMES.map((name) => `${name.padEnd(13)} ${PROFILES[name].help}`).join('\n'),
    },
    {
      title: 'Classes of commands',
      text: Object.entries(CLASSES)
        .map(([name, { help }]) => `${name.padEnd(14)} ${help}`)
        .join('\n'),
    },
    {
      title: 'Policy file',
      text: [
        '[policy]',
        'profile=PROFILE    decides about commands that no rule is about (default full)',
        '[deny NAME]        a rule that denies; such rules win',
        '[allow NAME]       a rule that allows; commands that such rules are about are',
        '                   allowed as one of them says, and not otherwise',
        'command=, class=   what the rule is about; lists',
        `door=              ${DOORS.join(', ')} (default all)`,
        'path=              allow: absolute folder or file, without links; can be repeated',
        'mode=              allow: read, or write for both (default)',
        'program=           allow: absolute program, or folder that ends in /; can be repeated',
        'user=              allow: name of an account; can be repeated',
        'max-size=          allow: bytes of one request, with K, M or G',
        `rate=              allow: ${RATE_SYNTAX}`,
      ].join('\n'),
    },
    {
      title: 'Exit codes',
      text: '0 allowed, nothing wrong, or done; 1 denied, something wrong, or not done; 2 wrong command line',
    },
  ],
} as const satisfies CommandLine;

type Options = Values<typeof COMMAND_LINE>;

export function run(argv: readonly string[], io: Io): Promise<number> {
  return runFace(COMMAND_LINE, argv, io, (options, [action, word]) => act(action, word, options, io));
}

async function act(action: string | undefined, word: string | undefined, options: Options, io: Io): Promise<number> {
  const takesWord = action === 'explain' || action === 'apply';
  if (takesWord && word === undefined) throw usage(action === 'apply' ? 'PROFILE is missing' : 'REQUEST is missing');
  if (!takesWord && word !== undefined) throw usage(`unexpected argument '${word}'`);
  const configuration = readConfiguration({ file: options.config });
  const file = options.policy === undefined ? configuration.config.policyFile : parseAbsolutePath(options.policy);
  const reading = readPolicy(file);
  switch (action) {
    case 'check': {
      const { problems } = reading;
      if (options.json) {
        io.stdout.write(
          `${formatJson({ ok: problems.length === 0, problems: problems.map((one) => ({ ...one })) })}\n`,
        );
      } else for (const problem of problems) io.stdout.write(`${plain(formatProblem(problem))}\n`);
      return problems.length === 0 ? 0 : 1;
    }
    case 'explain': {
      const question = parseQuestion(doorOf(options.door), word ?? '');
      const decision = await explain(question, reading.policy, configuration.restrictions);
      io.stdout.write(options.json ? `${formatJson({ ...decision })}\n` : `${textOf(decision)}\n`);
      return decision.allowed ? 0 : 1;
    }
    case 'apply':
      return apply(word ?? '', { file, dryRun: options['dry-run'], folders: foldersOf(configuration.config) }, io);
    case 'show':
      io.stdout.write(show(reading.policy, file, options.json));
      return 0;
    default:
      throw usage(`'${action}' is none of ${ACTIONS.join(', ')}`);
  }
}

/** Where the agent writes if it is not where its unit has folders anyway. */
function foldersOf({ stateDir, link, control, qga, ovirt, vdagent }: Config): string[] {
  const sockets = [qga, ovirt, vdagent].flatMap((channel) => (channel.kind === 'unix-listen' ? [channel.path] : []));
  const folders = [stateDir, ...[link, control, ...sockets].map((socket) => path.dirname(socket))];
  const own = [DEFAULTS.stateDir, path.dirname(DEFAULTS.link)];
  return [...new Set(folders)].filter((folder) => own.every((one) => folder !== one && !isBelow(one, folder)));
}

function doorOf(word = 'qga'): Door {
  const door = DOORS.find((one) => one === word);
  if (door === undefined) throw usage(`'${word}' is no door; expected ${DOORS.join(', ')}`);
  return door;
}

function textOf(decision: Awaited<ReturnType<typeof explain>>): string {
  return plain(decision.allowed ? `allow: ${decision.why}` : `deny: ${decision.rule}`, 4_000);
}

function usage(why: string): AgentError {
  return new AgentError('invalid-argument', why);
}
