/**
 * The system agent's side of the link alone, for tests with real processes:
 *
 *     node system-side.js PATH UID STRANGER
 *
 * Session 1 is UID's and served, session 2 STRANGER's; each user's processes are below its own manager. It asks the
 * served agent again and again, and tells how things are as JSON lines on stdout, its log on stderr.
 */
import { monitorsConfigure } from '#protocol/ipc/messages/monitors.ts';
import { createLog } from '#shared/log/stderr.ts';
import { LinkServer } from '#system-agent/session-link/server.ts';
import { openLinkSocket } from '#system-agent/session-link/socket.ts';
import { FakeDecision, FakeSessions, session } from '#test/fakes/sessions.ts';

export interface Report {
  readonly accepted: number;
  readonly turnedAway: number;
  readonly refused: number;
  /** Sessions whose agents have said hello. */
  readonly agents: readonly string[];
  /** Times that the served agent answered, and did not. */
  readonly answered: number;
  readonly failed: number;
}

const ASK_MS = 5;
const REPORT_MS = 50;

if (process.argv[2] !== undefined) await run(process.argv[2], Number(process.argv[3]), Number(process.argv[4]));

async function run(path: string, uid: number, stranger: number): Promise<void> {
  const own = session({ id: '1', uid });
  const sessions = new FakeSessions([own, session({ id: '2', uid: stranger, active: false })]);
  sessions.places.set('', {});
  const decision = new FakeDecision();
  decision.serve({ session: own, clipboard: true, files: true });
  const server = new LinkServer({
    listen: () => openLinkSocket(path),
    sessions,
    decision,
    allowUids: new Set(),
    build: 'test',
    log: createLog({ level: 'info', fd: 2, journal: false }),
  });
  await server.start();
  let answered = 0;
  let failed = 0;
  const ask = () => {
    const link = server.link.served?.agent.link;
    if (link === undefined) return;
    link.call(monitorsConfigure, { monitors: [], positioned: false }, 10_000).then(
      () => answered++,
      () => failed++,
    );
  };
  setInterval(ask, ASK_MS);
  setInterval(() => {
    const agents = decision.agents.map((agent) => agent.session);
    const report: Report = { ...server.counters, agents, answered, failed };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }, REPORT_MS);
}
