import { randomBytes } from 'node:crypto';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type RunningAgent, startConfinedAgent, startOracle } from '#test/support/agents.ts';
import { assertConfined } from '#test/support/oracle.ts';
import { processorMs } from '#test/support/processes.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { LeanClient } from './lean-client.ts';
import { alternate, both, ROUNDS } from './pair.ts';
import { median, type Row, row, type Target } from './report.ts';

const MEBIBYTE = 1 << 20;
const FILE_MEBIBYTES = 32;

/** File data in pieces of 1 MiB and programs, in a folder that both programs are held to. */
export async function fileRows(): Promise<Row[]> {
  using folder = temporaryFolder();
  await using original = await startOracle();
  await using ours = await startConfinedAgent(folder.path);
  const agents = { original, ours };
  const file = path.join(folder.path, 'data');
  writeFileSync(file, randomBytes(FILE_MEBIBYTES * MEBIBYTE));
  symlinkSync('/bin/true', path.join(folder.path, 'true'));
  const piece = randomBytes(MEBIBYTE).toString('base64');
  const rows: Row[] = [];
  const measured = (what: string, mode: string, command: string, args: object, target: Target) => {
    const figures = { original: [] as Spent[], ours: [] as Spent[] };
    for (let round = 0; round < ROUNDS; round++) {
      figures.original.push(transfer(original, folder.path, file, mode, command, args));
      figures.ours.push(transfer(ours, folder.path, file, mode, command, args));
    }
    const of = (which: keyof Spent) => both(figures, (all) => median(all.map((one) => one[which])));
    rows.push(row(`guest-file-${what}, pieces of 1 MiB`, 'MB/s', of('rate'), target));
    rows.push(row(`guest-file-${what}: CPU of the agent`, 'ms/MB', of('cpu'), { of: 'ratio', atMost: 0.2 }));
  };
  measured('read', 'r', 'guest-file-read', { count: MEBIBYTE }, { of: 'ratio', atLeast: 3 });
  measured('write', 'w', 'guest-file-write', { 'buf-b64': piece }, { of: 'ratio', atLeast: 10 });
  const program = { execute: 'guest-exec', arguments: { path: path.join(folder.path, 'true') } };
  assertConfined(folder.path, JSON.stringify(program));
  rows.push(
    row(
      'guest-exec of /bin/true, until its ending is told',
      'ms',
      alternate(agents, (agent) => runs(agent, program, 50)),
    ),
  );
  return rows;
}

interface Spent {
  /** Megabytes (10^6) of file data a second, as the client sees it. */
  readonly rate: number;
  /** Milliseconds of processor time of the agent for each of them. */
  readonly cpu: number;
}

function transfer(
  agent: RunningAgent,
  folder: string,
  file: string,
  mode: string,
  command: string,
  args: object,
): Spent {
  using client = new LeanClient(agent.socket);
  const ask = (execute: string, more: object) => {
    const request = JSON.stringify({ execute, arguments: more });
    assertConfined(folder, request);
    return Buffer.from(request);
  };
  client.send(ask('guest-file-open', { path: file, mode }));
  const handle = numberIn(client.line());
  const request = ask(command, { handle, ...args });
  const [started, before] = [process.hrtime.bigint(), processorMs(agent.program.pid)];
  for (let done = 0; done < FILE_MEBIBYTES; done++) {
    client.send(request);
    client.skipLines(1);
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const cpu = processorMs(agent.program.pid) - before;
  client.send(ask('guest-file-close', { handle }));
  client.skipLines(1);
  const megabytes = (FILE_MEBIBYTES * MEBIBYTE) / 1e6;
  return { rate: megabytes / seconds, cpu: cpu / megabytes };
}

/** Milliseconds from the request to the answer that the program has ended. */
function runs(agent: RunningAgent, program: object, count: number): number {
  using client = new LeanClient(agent.socket);
  const start = Buffer.from(JSON.stringify(program));
  const started = process.hrtime.bigint();
  for (let call = 0; call < count; call++) {
    client.send(start);
    const status = Buffer.from(
      JSON.stringify({ execute: 'guest-exec-status', arguments: { pid: numberIn(client.line()) } }),
    );
    do client.send(status);
    while (!client.line().includes('"exited": true'));
  }
  return Number(process.hrtime.bigint() - started) / 1e6 / count;
}

function numberIn(line: string): number {
  return Number(/\d+/.exec(line)?.[0]);
}
