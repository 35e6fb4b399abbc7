import { flag, integer, list, maybe, type Read, record, text, word } from '#shared/schema/record.ts';
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

/** Who changes a desktop when its display device is given another size by the host: docs/monitors.md. */
export const FOLLOW = ['auto', 'on', 'off'] as const;
export type Follow = (typeof FOLLOW)[number];

/** No bus is nested deeper. */
export const MAX_HOPS = 16;

/** A display of the host, by the place of its device on the PCI bus, from the root on. */
const hostDisplay = record({
  /** What the client calls it. */
  id: integer(0, 255),
  domain: integer(0, 0xffff_ffff),
  path: list(record({ slot: integer(0, 31), function: integer(0, 7) }), MAX_HOPS),
  /** Number of the output on its device. */
  output: integer(0, 255),
});
export type HostDisplay = Read<typeof hostDisplay>;

/** What holds for all wishes until the next of these; said before the first wish to each session that has `monitors.follow`. */
export const monitorsTerms = request({
  name: 'monitors.terms',
  direction: 'to-session',
  body: record({
    follow: word(...FOLLOW),
    /** Empty: the host does not say which display is which. */
    displays: list(hostDisplay, MAX_MONITORS),
  }),
  result: record({
    /** Why this session does not follow its display device. */
    why: maybe(text(200)),
  }),
});

export type MonitorsTerms = Read<typeof monitorsTerms.body>;

/**
 * Where each display is on the plane that the desktop maps the pointer's device to. Units are pixels, except on Wayland
 * with scaled displays. Sent at start, after each change and after each monitors.configure. Decision 51.
 */
export const pointerLayout = notification({
  name: 'pointer.layout',
  direction: 'to-system',
  body: record({
    width: pixels,
    height: pixels,
    displays: list(
      record({
        id: integer(0, 255),
        x: pixels,
        y: pixels,
        width: pixels,
        height: pixels,
        /** Pixels that a million units of it have; absent: units are pixels. Hosts count pixels of the display. */
        scale: maybe(integer(1, 100_000_000)),
      }),
      MAX_MONITORS,
    ),
  }),
});

export type PointerLayout = Read<typeof pointerLayout.body>;
