import { flag, integer, list, maybe, type Read, record, text } from '#shared/schema/record.ts';
import { notification, request } from '../definition.ts';

/** As many as a SPICE client sends. */
export const MAX_MONITORS = 64;
const pixels = integer(0, 0x7fff_ffff);
const position = integer(-0x8000_0000, 0x7fff_ffff);

/** One monitor of the client's wish, by its place in the list. Width and height 0: switched off. */
export const monitor = record({ width: pixels, height: pixels, x: position, y: position });
export type Monitor = Read<typeof monitor>;

/** The client's wish; the last one is sent again to a session that comes later. */
export const monitorsConfigure = request({
  name: 'monitors.configure',
  direction: 'to-session',
  body: record({
    monitors: list(monitor, MAX_MONITORS),
    /** Positions mean something; without them monitors go side by side. */
    positioned: flag,
  }),
  result: record({ applied: flag, why: maybe(text(200)) }),
});

export type MonitorsConfigure = Read<typeof monitorsConfigure.body>;

/**
 * Where each display is in the framebuffer, in physical pixels: what the pointer's coordinates are relative to. Sent at
 * start, after each change and after each monitors.configure.
 */
export const pointerLayout = notification({
  name: 'pointer.layout',
  direction: 'to-system',
  body: record({
    width: pixels,
    height: pixels,
    displays: list(record({ id: integer(0, 255), x: pixels, y: pixels, width: pixels, height: pixels }), MAX_MONITORS),
  }),
});

export type PointerLayout = Read<typeof pointerLayout.body>;
