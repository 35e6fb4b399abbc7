import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commands } from '#system-agent/qga/commands/index.ts';
import { type RunningAgent, startConfinedAgent } from '#test/support/agents.ts';
import { childrenOf, openDescriptors, privateDirtyKib, residentKib } from '#test/support/processes.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';

/** Arguments of the reading commands that need some. */
const ARGUMENTS: Readonly<Record<string, object>> = {
  'guest-sync': { id: 1 },
  'guest-sync-delimited': { id: 2 },
  'guest-ssh-get-authorized-keys': { username: 'root' },
};
/** These start a process: a thousandth of the others' number is plenty. */
const RARE: ReadonlySet<string> = new Set(['guest-ssh-get-authorized-keys']);
const RARE_EVERY = 1000;
/** A file is opened, used and closed, and a program run, after as many rounds. */
const DIALOGUE_EVERY = 20;

/** What no host should say; it must not cost anything that stays either. */
const NONSENSE = [
  '{"execute":"nope"}',
  '{"execute":"guest-ping","arguments":{"x":1}}',
  '{"execute" "guest-ping"}',
  '[]',
];

/** What a long run of calls has left of an agent. Memory in KiB. */
export interface Figures {
  readonly calls: number;
  readonly commands: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  /** Answers that were errors, but for those to nonsense. */
  readonly errors: number;
  /** Files that were opened and programs that were run. */
  readonly dialogues: number;
  readonly descriptors: Change;
  readonly children: Change;
  readonly resident: Change;
  readonly privateDirty: Change;
}

interface Change {
  readonly before: number;
  readonly after: number;
}

/** @param calls how many, to an agent of its own */
export async function soakConfined(calls: number): Promise<Figures> {
  using folder = temporaryFolder();
  symlinkSync('/bin/true', path.join(folder.path, 'true'));
  await using agent = await startConfinedAgent(folder.path);
  return await soak(agent, folder.path, calls); // before they end
}

/**
 * Asks every command that only reads, and nonsense, round after round over one connection after the other, with files and
 * programs now and then.
 * @param folder to which the agent is held, with a program `true` in it
 * @param calls how many, after a tenth of it, but WARM_UP at least: V8 takes its nurseries once, when there is work
 */
async function soak(agent: RunningAgent, folder: string, calls: number): Promise<Figures> {
  const names = commands.filter(({ readOnly }) => readOnly).map(({ name }) => name);
  const request = (execute: string) => JSON.stringify({ execute, arguments: ARGUMENTS[execute] });
  const often = [...names.filter((name) => !RARE.has(name)).map(request), ...NONSENSE];
  const rare = names.filter((name) => RARE.has(name)).map(request);
  let errors = 0;
  let dialogues = 0;

  /** @returns calls made, at least `count` */
  async function run(count: number): Promise<number> {
    let done = 0;
    for (let round = 0; done < count; ) {
      // Hosts come and go, so the connection does too.
      using client = await RawClient.connect(agent.socket);
      for (let turn = 0; turn < ROUNDS_PER_CLIENT && done < count; turn++, round++) {
        const batch = round % RARE_EVERY === 0 ? [...often, ...rare] : often;
        client.send(`${batch.join('\n')}\n`);
        const answers = await receive(client, batch.length);
        // The rare ones come last, and are errors where root has no keys.
        errors += answers.slice(0, often.length).filter(isError).length - NONSENSE.length;
        done += batch.length;
        if (round % DIALOGUE_EVERY !== 0) continue;
        done += await useFile(client, path.join(folder, 'file'));
        done += await runProgram(client, path.join(folder, 'true'));
        dialogues++;
      }
    }
    return done;
  }

  await run(Math.max(Math.ceil(calls / 10), WARM_UP));
  errors = 0;
  dialogues = 0;
  await sleep(SETTLING_MS);
  const before = measure(agent.program.pid);
  const started = performance.now();
  const made = await run(calls);
  const seconds = (performance.now() - started) / 1000;
  await sleep(SETTLING_MS);
  const after = measure(agent.program.pid);
  const change = (name: keyof typeof before) => ({ before: before[name], after: after[name] });
  return {
    calls: made,
    commands: names.length,
    seconds: Math.round(seconds * 10) / 10,
    callsPerSecond: Math.round(made / seconds),
    errors,
    dialogues,
    descriptors: change('descriptors'),
    children: change('children'),
    resident: change('resident'),
    privateDirty: change('privateDirty'),
  };
}

const isError = (line: string) => /"error": \{"class"/.test(line);

/** @returns calls made. @throws when one of them is an error */
async function useFile(client: RawClient, file: string): Promise<number> {
  const handle = await ask(client, 'guest-file-open', { path: file, mode: 'w+' });
  const text = Buffer.from('some content\n').toString('base64');
  await ask(client, 'guest-file-write', { handle, 'buf-b64': text });
  await ask(client, 'guest-file-seek', { handle, offset: 0, whence: 'set' });
  await ask(client, 'guest-file-read', { handle, count: 100 });
  await ask(client, 'guest-file-close', { handle });
  return 5;
}

/** @returns calls made. @throws when one of them is an error */
async function runProgram(client: RawClient, program: string): Promise<number> {
  const { pid } = (await ask(client, 'guest-exec', { path: program, 'capture-output': true })) as { pid: number };
  for (let calls = 2; ; calls++) {
    const { exited } = (await ask(client, 'guest-exec-status', { pid })) as { exited: boolean };
    if (exited) return calls;
  }
}

async function ask(client: RawClient, execute: string, args: object): Promise<unknown> {
  client.send(`${JSON.stringify({ execute, arguments: args })}\n`);
  const [line = ''] = await receive(client, 1);
  if (isError(line)) throw new Error(`${execute}: ${line}`);
  return (JSON.parse(line) as { return: unknown }).return;
}

const WARM_UP = 25_000;
/** For the agent to see that the last host has gone. */
const SETTLING_MS = 1_000;
const ROUNDS_PER_CLIENT = 500;

/** One answer a line; an answer's line may come in pieces. */
async function receive(client: RawClient, count: number): Promise<readonly string[]> {
  const lines = await client.lines(count);
  if (lines.length !== count) throw new Error(`${lines.length} answers to ${count} requests`);
  return lines;
}

function measure(pid: number) {
  return {
    descriptors: openDescriptors(pid),
    children: childrenOf(pid).length,
    resident: residentKib(pid),
    privateDirty: privateDirtyKib(pid),
  };
}

/**
 * What V8 may take before it collects: 13 MB were seen after 20,000 calls that were 1 MB after 100,000. A leak of 100 bytes a
 * call would be five times that after 10^6.
 */
const SLACK_KIB = 20_000;

/** Why the figures are not those of an agent that keeps nothing; empty when they are. */
export function complaints({ errors, descriptors, children, resident }: Figures): string[] {
  const grown = resident.after - resident.before;
  return [
    ...(errors === 0 ? [] : [`${errors} answers were errors`]),
    ...(descriptors.after > descriptors.before ? ['descriptors were left open'] : []),
    ...(children.after > 0 ? ['children were left'] : []),
    ...(grown > SLACK_KIB ? [`resident memory grew by ${grown} KiB`] : []),
  ];
}
