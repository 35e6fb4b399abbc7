import assert from 'node:assert/strict';
import path from 'node:path';
import { silent } from '#shared/log/log.ts';
import { LinkServer } from '#system-agent/session-link/server.ts';
import type { SessionAgent } from '#system-agent/session-link/session-link.ts';
import { openLinkSocket } from '#system-agent/session-link/socket.ts';
import { FakeDecision, FakeSessions, session } from '#test/fakes/sessions.ts';
import { ourProgram } from '#test/support/agents.ts';
import { Program, temporaryFolder, until } from '#test/support/programs.ts';

/** The system agent's side, and our program in a session that it serves. */
export async function runningSession(env: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  const socket = path.join(folder.path, 'link.sock');
  const own = session({ id: '1', uid: process.getuid?.() ?? 0 });
  const sessions = new FakeSessions([own]);
  sessions.places.set('', {});
  const decision = new FakeDecision();
  const rights = (clipboard: boolean) => decision.serve({ session: own, clipboard, files: clipboard });
  rights(true);
  const server = new LinkServer({
    listen: () => openLinkSocket(socket),
    sessions,
    decision,
    allowUids: new Set(),
    build: 'test',
    log: silent,
  });
  await server.start();
  // The display is the test's own; without a bus there is no screen of anybody's to lock.
  const nowhere = `unix:path=${folder.path}/no-bus`;
  const buses = { DBUS_SESSION_BUS_ADDRESS: nowhere, DBUS_SYSTEM_BUS_ADDRESS: nowhere };
  const program = new Program([...ourProgram('session-agent'), '--link', socket], { ...env, ...buses });
  await until(() => server.link.served !== undefined || !program.running, 'the session agent');
  const served = (): SessionAgent => {
    const agent = server.link.served?.agent;
    assert.ok(agent, program.stderr);
    return agent;
  };
  return {
    agent: served(),
    /** The one that is served now: it comes anew with its desktop. */
    served,
    /** What it says of its ways. */
    ways: () => server.agents.at(-1)?.hello.ways ?? [],
    isServed: () => server.link.served !== undefined,
    program,
    rights,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}
