import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type RunningAgent, startConfinedAgent } from '#test/support/agents.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { LeanClient } from './lean-client.ts';
import { alternate } from './pair.ts';
import { type Row, row } from './report.ts';

const FILE_BYTES = 64 * 1024;

/** What the audit costs: in the column of the original is our own agent with `--audit off`. */
export async function auditRows(): Promise<Row[]> {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'data');
  writeFileSync(file, randomBytes(FILE_BYTES));
  await using original = await startConfinedAgent(folder.path, path.join(folder.path, 'without'), '--audit', 'off');
  await using ours = await startConfinedAgent(folder.path, path.join(folder.path, 'with'));
  const agents = { original, ours };
  const measured = (name: string, count: number, call: (client: LeanClient) => void, atMost?: number) =>
    row(
      name,
      'µs',
      alternate(agents, (agent) => timeOf(agent, count, call)),
      atMost === undefined ? undefined : { of: 'ratio', atMost },
    );
  const ping = request('guest-ping');
  const open = request('guest-file-open', { path: file });
  return [
    measured('guest-ping, counted', 3000, (client) => ask(client, ping), 1.05),
    measured('guest-file-read of 4096 bytes, the first of a minute recorded', 1000, reader(open), 1.05),
    measured('guest-file-open and -close, one record before and one after', 1000, (client) => {
      ask(client, request('guest-file-close', { handle: Number(ask(client, open)) }));
    }),
  ];
}

/** Reads on in a file that it opens at its first call on a connection. */
function reader(open: Buffer): (client: LeanClient) => void {
  const requests = new WeakMap<LeanClient, Buffer>();
  return (client) => {
    const read = requests.get(client) ?? request('guest-file-read', { handle: Number(ask(client, open)), count: 4096 });
    requests.set(client, read);
    ask(client, read);
  };
}

function request(execute: string, args: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ execute, arguments: args })}\n`);
}

/** @returns the digits of what is returned */
function ask(client: LeanClient, bytes: Buffer): string {
  client.send(bytes);
  return /"return": (\d+)/.exec(client.line())?.[1] ?? '';
}

/** Microseconds a call. */
function timeOf(agent: RunningAgent, count: number, call: (client: LeanClient) => void): number {
  using client = new LeanClient(agent.socket);
  call(client);
  const started = process.hrtime.bigint();
  for (let done = 0; done < count; done++) call(client);
  return Number(process.hrtime.bigint() - started) / 1000 / count;
}
