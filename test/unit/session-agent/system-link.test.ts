import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { it, type TestContext } from 'node:test';
import { SystemLink } from '#session-agent/system-link/system-link.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { temporaryFolder } from '#test/support/programs.ts';

const LONGEST_MS = 1_000;
/** Delays that went on doubling, up to five seconds, would make an attempt after 6.3 s and one after 11.3 s. */
const WITHOUT_S = 8;

/** A link whose time is the test's, to a socket that nobody listens on. */
async function linkTo(t: TestContext, socket: string): Promise<MemoryLog> {
  t.mock.method(Math, 'random', () => 1);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log = new MemoryLog();
  const introduction = { build: 'test', display: 'none', features: [], session: undefined } as const;
  const link = new SystemLink({ path: socket, introduction, taken: () => {}, log });
  t.after(() => link.stop());
  await link.start();
  return log;
}

it('an agent that starts anew is found within a second, however long there was none', async (t) => {
  using folder = temporaryFolder();
  const socket = path.join(folder.path, 'link.sock');
  const log = await linkTo(t, socket);
  for (let second = 0; second < WITHOUT_S; second++) t.mock.timers.tick(LONGEST_MS);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['no system agent'],
  );
  const server = createServer((connection) => connection.destroy()).listen(socket);
  t.after(() => server.close());
  await once(server, 'listening');
  const found = once(server, 'connection', { signal: AbortSignal.timeout(20_000) });
  t.mock.timers.tick(LONGEST_MS);
  await found;
});
