import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionRights, sessionRights } from '#protocol/ipc/messages/hello.ts';
import { LinkServer } from '#system-agent/session-link/server.ts';
import { openLinkSocket } from '#system-agent/session-link/socket.ts';
import { SessionDirector } from '#system-agent/sessions/director.ts';
import { LinkHost, ONE, OUR_UID, TWO } from '#test/support/link/link-host.ts';
import { until } from '#test/support/until.ts';

describe('the session link with the director of sessions', () => {
  it('follows lock, switch and log-off', async () => {
    await using host = new LinkHost();
    const { sessions, log } = host;
    const director = new SessionDirector(sessions, log);
    const server = new LinkServer({
      listen: () => openLinkSocket(host.path),
      sessions,
      decision: director,
      allowUids: new Set([OUR_UID]),
      build: 'test',
      log,
    });
    await director.start();
    await server.start();
    try {
      const one = host.client();
      const two = host.client({ session: '2' });
      const said: Record<string, SessionRights[]> = { one: [], two: [] };
      one.on(sessionRights, (rights) => said.one?.push(rights));
      two.on(sessionRights, (rights) => said.two?.push(rights));
      await one.start();
      await two.start();
      await until(() => said.one?.length === 1 && said.two?.length === 1);
      const served = () => server.link.served?.agent.session;
      assert.equal(served(), '1');

      sessions.change([{ ...ONE, locked: true }, TWO]);
      assert.equal(served(), '1');
      assert.equal(server.link.served?.clipboard, false);

      sessions.change([
        { ...ONE, active: false, locked: true },
        { ...TWO, active: true },
      ]);
      assert.equal(served(), '2');
      assert.equal(server.link.served?.clipboard, true);

      sessions.change([ONE]);
      assert.equal(served(), '1');
      await until(() => said.one?.length === 4 && !two.isUp);
      const all = { served: true, clipboard: true, files: true };
      const locked = { ...all, clipboard: false, files: false };
      assert.deepEqual(said.one, [all, locked, { ...locked, served: false }, all]);

      sessions.change([], 'none');
      assert.equal(served(), undefined);
      await until(() => served() === `uid-${OUR_UID}`);
    } finally {
      await server.stop();
      await director.stop();
    }
  });
});
