import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wlSeat } from '#protocol/wayland/core.ts';
import { wholeOf } from '#shared/bytes/flow.ts';
import { here } from '#test/support/desktop/release.ts';
import { needsSway } from '#test/support/desktop/sway.ts';
import { heard, watchedWayland } from '#test/support/desktop/wayland.ts';
import { Copying, needsXvfb, startXvfb } from '#test/support/desktop/x-server.ts';
import { without } from '#test/support/programs.ts';
import { TestCompositor } from '#test/support/wayland/compositor.ts';
import { xwaylandCases } from './cases/xwayland.ts';

const never = new AbortController().signal;
const needsXwayland = needsSway || without('Xwayland') || without('xhost') || without('xclip');

describe('Xwayland', () => {
  describe('of sway', { skip: needsXwayland }, () => xwaylandCases(() => here, 'wlr-data-control'));

  it('is the way where the compositor has none, and chosen anew when it ends', { skip: needsXvfb }, async () => {
    using compositor = new TestCompositor([wlSeat]);
    await using server = await startXvfb();
    await using session = await watchedWayland({ ...compositor.env, DISPLAY: server.env.DISPLAY ?? '' });
    assert.equal(session.desktop.by.clipboard, 'Xwayland');
    assert.equal(session.desktop.display, 'wayland');
    await using _copy = new Copying(server.env, 'old application');
    await heard(session.events, 'copied text');
    const read = await session.clipboard.read('clipboard', 'text', 100, never);
    assert.equal(read && (await wholeOf(read)).toString(), 'old application');
    await server[Symbol.asyncDispose]();
    assert.equal(await session.desktop.changed, 'Xwayland has closed the connection');
  });
});
