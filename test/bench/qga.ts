import { type RunningAgent, startOracle, startSystemAgent } from '#test/support/agents.ts';
import { fileRows } from './files.ts';
import { LeanClient } from './lean-client.ts';
import { alternate, type Pair, ROUNDS } from './pair.ts';
import { median, type Row, row, type Target } from './report.ts';

/** Disks, processors and file systems: hosts ask for them every few minutes. */
const INVENTORY = [
  ...['guest-get-fsinfo', 'guest-get-disks', 'guest-get-diskstats', 'guest-get-vcpus', 'guest-get-cpustats'],
];

/** Rows of the QEMU guest agent's door; every measurement alternates between the two programs. */
export async function qgaRows(): Promise<Row[]> {
  const rows: Row[] = [];
  {
    await using original = await startOracle();
    await using ours = await startSystemAgent();
    const agents = { original, ours };
    const calls = (name: string, request: object, count: number, target: Target) => {
      rows.push(
        row(
          name,
          'µs',
          alternate(agents, (agent) => roundTrip(agent, request, count)),
          target,
        ),
      );
    };
    calls('guest-ping, round trip', { execute: 'guest-ping' }, 3000, { of: 'ratio', atMost: 1 });
    rows.push(
      row(
        'guest-ping, pipelined',
        'calls/s',
        alternate(agents, (agent) => pipelined(agent, 3000)),
        {
          of: 'ratio',
          atLeast: 1,
        },
      ),
    );
    calls('guest-get-osinfo', { execute: 'guest-get-osinfo' }, 2000, { of: 'ratio', atMost: 1.5 });
    calls('guest-network-get-interfaces', { execute: 'guest-network-get-interfaces' }, 2000, {
      of: 'ratio',
      atMost: 1.5,
    });
    for (const name of INVENTORY) calls(name, { execute: name }, 500, { of: 'ratio', atMost: 1.5 });
    calls('guest-get-users', { execute: 'guest-get-users' }, 2000, { of: 'ratio', atMost: 1.5 });
  }
  rows.push(...(await fileRows()));
  rows.push(row('start to first answer', 'ms', await alternateStarts(), { of: 'ours', atMost: 120 }));
  return rows;
}

/** Microseconds for one request and its answer. */
function roundTrip(agent: RunningAgent, request: object, count: number): number {
  using client = new LeanClient(agent.socket);
  const bytes = Buffer.from(`${JSON.stringify(request)}\n`);
  const started = process.hrtime.bigint();
  for (let call = 0; call < count; call++) {
    client.send(bytes);
    client.skipLines(1);
  }
  return Number(process.hrtime.bigint() - started) / 1000 / count;
}

/** Answers a second when requests are written in blocks that fit the socket's buffer. */
function pipelined(agent: RunningAgent, count: number): number {
  using client = new LeanClient(agent.socket);
  const block = 100;
  const bytes = Buffer.from('{"execute":"guest-ping"}\n'.repeat(block));
  const started = process.hrtime.bigint();
  for (let call = 0; call < count; call += block) {
    client.send(bytes);
    client.skipLines(block);
  }
  return count / (Number(process.hrtime.bigint() - started) / 1e9);
}

async function alternateStarts(): Promise<Pair<number>> {
  const figures: { original: number[]; ours: number[] } = { original: [], ours: [] };
  for (let round = 0; round < ROUNDS; round++) {
    figures.original.push(await startTime(startOracle));
    figures.ours.push(await startTime(startSystemAgent));
  }
  return { original: median(figures.original), ours: median(figures.ours) };
}

/** Milliseconds from the start of the program to its first answer. */
async function startTime(start: () => Promise<RunningAgent>): Promise<number> {
  const started = process.hrtime.bigint();
  await using agent = await start();
  roundTrip(agent, { execute: 'guest-ping' }, 1);
  return Number(process.hrtime.bigint() - started) / 1e6;
}
