import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { formatRequest, MAX_REQUEST_BYTES, parseAnswer } from '#protocol/control/message.ts';
import type { AgentStatus } from '#protocol/control/status.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { listenPublicly } from '#shared/socket/public-socket.ts';
import { ask, askOnce } from '#system-agent/control/client.ts';
import { ControlServer, MAX_CONNECTIONS_OF_ROOT, MAX_CONNECTIONS_OF_USER } from '#system-agent/control/server.ts';
import { agentStatus } from '#test/fakes/status.ts';
import { temporaryFolder } from '#test/support/programs.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { until } from '#test/support/until.ts';

const OUR_UID = process.getuid?.() ?? 0;
const CAP = OUR_UID === 0 ? MAX_CONNECTIONS_OF_ROOT : MAX_CONNECTIONS_OF_USER;

class Rig implements AsyncDisposable {
  readonly folder = temporaryFolder();
  readonly path = path.join(this.folder.path, 'run', 'control.sock');
  readonly log = new MemoryLog();
  readonly askedFor: number[] = [];
  status: AgentStatus = agentStatus();
  readonly server = new ControlServer({
    listen: () => listenPublicly(this.path),
    statusFor: (uid) => {
      this.askedFor.push(uid);
      return this.status;
    },
    log: this.log,
  });

  static async start(): Promise<Rig> {
    const rig = new Rig();
    await rig.server.start();
    return rig;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    this.folder[Symbol.dispose]();
  }
}

describe('the control socket', () => {
  it('answers once, for the user that the kernel names, and closes', async () => {
    await using rig = await Rig.start();
    const { status, uptimeMs } = await askOnce(rig.path, 5000);
    assert.deepEqual(status, agentStatus());
    assert.ok(uptimeMs > 0);
    assert.deepEqual(rig.askedFor, [OUR_UID]);
    using client = await RawClient.connect(rig.path);
    client.send(formatRequest('status'));
    client.finish();
    assert.deepEqual(parseAnswer((await client.rest()).toString()).status, agentStatus());
  });

  it('a watcher hears of changes, once each, until it leaves', async () => {
    await using rig = await Rig.start();
    const over = new AbortController();
    const versions: string[] = [];
    const watching = (async () => {
      for await (const { status } of ask(rig.path, 'watch', { timeoutMs: 5000, signal: over.signal })) {
        versions.push(status.program.version);
      }
    })();
    await until(() => versions.length === 1);
    const asked = rig.askedFor.length;
    await until(() => rig.askedFor.length > asked + 2); // looked at again without a change
    rig.status = agentStatus({ program: { ...agentStatus().program, version: '2' } });
    await until(() => versions.length === 2);
    assert.deepEqual(versions, ['1.0.0', '2']);
    over.abort();
    await watching;
    // Nobody is there any more: nothing is made. The server may need a turn to see it.
    await until(() => connectionsGone(rig));
  });

  for (const [name, bytes] of [
    ['no JSON', 'hello\n'],
    ['an unknown question', '{"ask": "shutdown"}\n'],
    ['a line without an end', 'x'.repeat(MAX_REQUEST_BYTES + 1)],
  ] as const) {
    it(`${name}: refused and closed`, async () => {
      await using rig = await Rig.start();
      using client = await RawClient.connect(rig.path);
      client.send(bytes);
      assert.match((await client.rest()).toString(), /^\{"version": 1, "error": ".+"\}\n$/);
      assert.deepEqual(rig.askedFor, []);
    });
  }

  it('a second question ends the connection', async () => {
    await using rig = await Rig.start();
    using client = await RawClient.connect(rig.path);
    client.send(formatRequest('watch'));
    await client.lines(1);
    client.send(formatRequest('watch'));
    await client.rest();
  });

  it('one user has so many connections and no more; a free one is given again', async () => {
    await using rig = await Rig.start();
    const clients: RawClient[] = [];
    for (let count = 0; count < CAP; count++) {
      const client = await RawClient.connect(rig.path);
      client.send(formatRequest('watch'));
      await client.lines(1);
      clients.push(client);
    }
    await assert.rejects(askOnce(rig.path, 5000), { code: 'failed' });
    assert.equal(rig.log.lines.filter(({ message }) => message === 'too many ask how the agent is').length, 1);
    clients.pop()?.[Symbol.dispose]();
    await untilAnswered(rig);
    for (const client of clients) client[Symbol.dispose]();
  });

  it('stopping closes every connection; then nobody is there', async () => {
    const rig = await Rig.start();
    using client = await RawClient.connect(rig.path);
    client.send(formatRequest('watch'));
    await client.lines(1);
    await rig.server.stop();
    await client.rest();
    await assert.rejects(askOnce(rig.path, 5000), { code: 'not-found', message: /there is no socket/ });
    await rig[Symbol.asyncDispose]();
  });
});

async function untilAnswered(rig: Rig): Promise<void> {
  let answered = false;
  while (!answered) answered = await askOnce(rig.path, 5000).then(Boolean, () => false);
}

let last = -1;
function connectionsGone(rig: Rig): boolean {
  const same = rig.askedFor.length === last;
  last = rig.askedFor.length;
  return same;
}
