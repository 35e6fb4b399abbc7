import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clipboardGrab, clipboardRead } from '#protocol/ipc/messages/clipboard.ts';
import { monitorsConfigure, type PointerLayout, pointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { screenLock } from '#protocol/ipc/messages/screen-lock.ts';
import { runningSession } from '#test/support/desktop/session-agent.ts';
import { Copying, needsXvfb, runClient, startXvfb } from '#test/support/desktop/x-server.ts';
import { until } from '#test/support/programs.ts';

const WAIT_MS = 10_000;

describe('the session agent, as a program', () => {
  it('carries text both ways, follows a size and reports the layout', { skip: needsXvfb }, async () => {
    await using server = await startXvfb();
    await using run = await runningSession(server.env);
    const { link } = run.agent;
    assert.equal(run.agent.display, 'x11');

    const grabs: string[] = [];
    using _grabs = link.on(clipboardGrab, ({ selection, types }) => grabs.push(`${selection} ${types.join()}`));
    await using copy = new Copying(server.env, 'aus dem Gast: ü');
    await until(() => grabs.length > 0, 'the grab');
    assert.deepEqual(grabs, ['clipboard text']);
    const wanted = { selection: 'clipboard', type: 'text', maxBytes: 1000 } as const;
    const { stream } = await link.call(clipboardRead, wanted, WAIT_MS);
    assert.ok(stream !== undefined);
    assert.equal((await link.receiveStream(stream, 1000, WAIT_MS)).toString(), 'aus dem Gast: ü');
    await copy[Symbol.asyncDispose]();

    using _reads = link.handle(clipboardRead, async () => ({
      stream: link.sendStream(Buffer.from('vom Host: ß')),
      why: undefined,
    }));
    link.notify(clipboardGrab, { selection: 'clipboard', types: ['text'], serial: undefined, age: undefined });
    let pasted = '';
    for (let left = 50; left > 0 && pasted === ''; left--) {
      pasted = (await runClient(server.env, ['xsel', '-b', '-o'])).toString();
    }
    assert.equal(pasted, 'vom Host: ß');

    const layouts: PointerLayout[] = [];
    using _layouts = link.on(pointerLayout, (layout) => layouts.push(layout));
    const wish = { monitors: [{ width: 1280, height: 800, x: 0, y: 0 }], positioned: true };
    assert.equal((await link.call(monitorsConfigure, wish, WAIT_MS)).applied, true);
    await until(() => layouts.at(-1)?.width === 1280, 'the layout');
  });

  it('says again what is copied when the session may use the clipboard again', { skip: needsXvfb }, async () => {
    await using server = await startXvfb();
    await using run = await runningSession(server.env);
    const { link } = run.agent;
    const grabs: string[] = [];
    using _grabs = link.on(clipboardGrab, ({ selection }) => grabs.push(selection));
    await using _copy = new Copying(server.env, 'secret');
    await until(() => grabs.length > 0, 'the grab');
    run.rights(false);
    const wanted = { selection: 'clipboard', type: 'text', maxBytes: 1000 } as const;
    await assert.rejects(link.call(clipboardRead, wanted, WAIT_MS), { code: 'refused' });
    run.rights(true);
    await until(() => grabs.length > 1, 'the grab that says it again');
    const { stream } = await link.call(clipboardRead, wanted, WAIT_MS);
    assert.ok(stream !== undefined);
    assert.equal((await link.receiveStream(stream, 1000, WAIT_MS)).toString(), 'secret');
  });

  it('says that there is no desktop, and answers all the same', async () => {
    await using run = await runningSession({ PATH: process.env.PATH ?? '' });
    assert.equal(run.agent.display, 'none');
    assert.equal(run.agent.has('clipboard.text'), false);
    assert.match(run.program.stderr, /no desktop.* why="DISPLAY is not set"/);
    const { locked, why } = await run.agent.link.call(screenLock, { locker: undefined }, WAIT_MS);
    assert.equal(locked, false);
    assert.match(why ?? '', /the bus is away/);
    run.program.kill('SIGTERM');
    assert.deepEqual(await run.program.exited, { code: 0, signal: null });
  });

  it('ends with its desktop', { skip: needsXvfb }, async () => {
    const server = await startXvfb();
    await using run = await runningSession(server.env);
    await server[Symbol.asyncDispose]();
    assert.deepEqual(await run.program.exited, { code: 0, signal: null });
    assert.match(run.program.stderr, /the X server has closed the connection/);
  });
});
