import { startSystemAgent } from '#test/support/agents.ts';
import { Front } from '#test/support/qmp/front.ts';
import { LeanClient } from './lean-client.ts';
import { ROUNDS } from './pair.ts';
import { median, type Row, row } from './report.ts';

const CALLS = 2000;
const PING = Buffer.from('{"execute":"guest-ping"}\n');
const NEGOTIATE = Buffer.from('{"execute":"qmp_capabilities"}\n');

/** `uga host qmp` in front of our agent, beside the agent asked directly. */
export async function qmpRows(): Promise<Row[]> {
  await using direct = await startSystemAgent();
  await using behind = await startSystemAgent();
  await using front = await Front.before(behind);
  using agent = new LeanClient(direct.socket);
  using server = new LeanClient(front.socket);
  server.send(NEGOTIATE);
  server.skipLines(3); // the greeting, the answer, and the event that the agent is there
  pings(agent); // warm
  pings(server);
  const figures = { direct: [] as number[], front: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    figures.direct.push(pings(agent));
    figures.front.push(pings(server));
  }
  const pair = { original: median(figures.direct), ours: median(figures.front) };
  return [row('guest-ping, directly and through uga host qmp', 'µs', pair)];
}

/** Microseconds for one request and its answer. */
function pings(client: LeanClient): number {
  const started = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call++) {
    client.send(PING);
    client.skipLines(1);
  }
  return Number(process.hrtime.bigint() - started) / 1000 / CALLS;
}
