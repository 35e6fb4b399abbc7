import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { wlSeat } from '#protocol/wayland/core.ts';
import { extDataControl, zwlrDataControl } from '#protocol/wayland/data-control.ts';
import { runningSession } from '#test/support/desktop/session-agent.ts';
import { needsSway, startSway } from '#test/support/desktop/sway.ts';
import { WlCopying } from '#test/support/desktop/wayland.ts';
import { until, without } from '#test/support/programs.ts';
import { TestCompositor } from '#test/support/wayland/compositor.ts';

const WAIT_MS = 10_000;
type Run = Awaited<ReturnType<typeof runningSession>>;

/** What an application copies and the host's side then reads. */
async function copiedTo(run: Run, env: Readonly<Record<string, string>>, text: string): Promise<string> {
  const { link } = run.served();
  const grabs: string[] = [];
  using _grabs = link.on(clipboardGrab, ({ selection }) => grabs.push(selection));
  await using _copy = new WlCopying(env, text);
  await until(() => grabs.length > 0, 'the grab');
  const wanted = { selection: 'clipboard', type: 'text', maxBytes: 1000 } as const;
  const { content, stream } = await link.call(clipboardRead, { ...wanted, direct: true }, WAIT_MS);
  if (content !== undefined) return Buffer.from(content).toString();
  assert.ok(stream !== undefined);
  return (await link.receiveStream(stream, 1000, WAIT_MS)).toString();
}

const clipboardWay = (run: Run) => run.ways().find(({ feature }) => feature === 'clipboard.text');

describe('the session agent in a Wayland session', () => {
  it('carries what is copied, ends with its compositor, and serves the next one', { skip: needsSway }, async () => {
    const sway = await startSway();
    await using run = await runningSession(sway.env);
    assert.equal(run.agent.display, 'wayland');
    assert.equal(clipboardWay(run)?.by, 'wlr-data-control');
    assert.equal(await copiedTo(run, sway.env, 'Grüße'), 'Grüße');
    sway.program.kill('SIGKILL');
    assert.deepEqual(await run.program.exited, { code: 0, signal: null });
    assert.match(run.program.stderr, /the Wayland session has ended: the compositor has closed the connection/);
    assert.equal(run.isServed(), false);
    await sway[Symbol.asyncDispose]();
    await using another = await startSway();
    await using next = await runningSession(another.env);
    assert.equal(await copiedTo(next, another.env, 'after it'), 'after it');
  });

  it('says what it lacks, takes it when the compositor offers it, and gives it up when it does not', {
    skip: without('wl-copy'),
  }, async () => {
    using compositor = new TestCompositor([wlSeat]);
    await using run = await runningSession(compositor.env);
    assert.equal(clipboardWay(run)?.by, undefined);
    const lacking = 'ext-data-control: not offered; wlr-data-control: not offered; Xwayland: DISPLAY is not set';
    assert.ok(clipboardWay(run)?.why?.startsWith(lacking), clipboardWay(run)?.why);
    compositor.offer(zwlrDataControl.manager);
    await until(() => run.isServed() && clipboardWay(run)?.by === 'wlr-data-control', 'the older way');
    assert.equal(await copiedTo(run, compositor.env, 'one'), 'one');
    compositor.withdraw(zwlrDataControl.manager);
    await until(() => run.isServed() && clipboardWay(run)?.by === undefined, 'the end of it');
  });

  it('comes back when its seat is unplugged and another plugged in', { skip: without('wl-copy') }, async () => {
    using compositor = new TestCompositor([wlSeat, extDataControl.manager, zwlrDataControl.manager]);
    await using run = await runningSession(compositor.env);
    const first = run.served();
    compositor.finishDevices();
    await until(() => run.isServed() && run.served() !== first, 'the agent anew');
    assert.equal(clipboardWay(run)?.by, 'ext-data-control');
    assert.equal(await copiedTo(run, compositor.env, 'again'), 'again');
    assert.match(run.program.stderr, /opened anew.*the clipboard's seat has gone/);
    assert.equal(compositor.clients.size, 1);
  });

  it('comes back when its compositor throws it out', { skip: without('wl-copy') }, async () => {
    using compositor = new TestCompositor([wlSeat, zwlrDataControl.manager]);
    await using run = await runningSession(compositor.env);
    const first = run.served();
    for (const client of compositor.clients) {
      client.tell(1, 'error', [1, 2, 'not today']);
      client.socket.close();
      compositor.clients.delete(client);
    }
    await until(() => run.isServed() && run.served() !== first, 'the agent anew');
    assert.equal(await copiedTo(run, compositor.env, 'again'), 'again');
    assert.match(run.program.stderr, /opened anew.*refuses wl_display: not today \(2\)/);
  });

  it('comes back when its compositor is started again on the same socket, as KWin is', {
    skip: without('wl-copy'),
  }, async () => {
    using compositor = new TestCompositor([wlSeat, zwlrDataControl.manager]);
    await using run = await runningSession(compositor.env);
    const first = run.served();
    compositor.crash();
    await until(() => run.isServed() && run.served() !== first, 'the agent anew');
    assert.equal(await copiedTo(run, compositor.env, 'again'), 'again');
    assert.match(run.program.stderr, /opened anew.*has ended: the compositor has closed the connection/);
    assert.equal(compositor.clients.size, 1);
  });

  it('does not spin with a compositor that cannot make up its mind', { skip: without('wl-copy') }, async () => {
    using compositor = new TestCompositor([wlSeat]);
    await using run = await runningSession(compositor.env);
    for (let round = 0; round < 100; round++) {
      compositor.offer(zwlrDataControl.manager);
      await sleep(10);
      compositor.withdraw(zwlrDataControl.manager);
      await sleep(10);
    }
    compositor.offer(zwlrDataControl.manager);
    await until(() => run.isServed() && clipboardWay(run)?.by === 'wlr-data-control', 'its last word');
    assert.equal(await copiedTo(run, compositor.env, 'at last'), 'at last');
    assert.ok((run.program.stderr.match(/opened anew/g) ?? []).length <= 3, run.program.stderr);
    assert.equal(compositor.clients.size, 1);
  });

  it('says that a compositor is not there', async () => {
    const env = { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: '/nonexistent', WAYLAND_DISPLAY: 'wayland-0' };
    await using run = await runningSession(env);
    assert.equal(run.agent.display, 'none');
    assert.match(run.program.stderr, /no desktop.* why="the Wayland compositor is not there"/);
  });
});
