import { AgentError } from '#shared/errors.ts';
import { type BodyReader, BodyWriter } from '../body.ts';
import { atLeast, defineMessage } from './spec.ts';

export interface Monitor {
  /** Pixels. Width or height 0: switched off. */
  readonly width: number;
  readonly height: number;
  /** Pixels, and only a wish if `hasPositions`. */
  readonly x: number;
  readonly y: number;
  readonly depth: number;
  /** Millimetres; absent if the client did not send any. */
  readonly physical?: { readonly width: number; readonly height: number };
}

/** Monitors the client wants, one per display id, in the order of the message. */
export interface MonitorsConfig {
  /** Without it the positions mean nothing: every monitor would lie on the first. */
  readonly hasPositions: boolean;
  readonly monitors: readonly Monitor[];
}

/** Sixteen is what clients send; a list beyond this is not a wish. */
export const MAX_MONITORS = 256;

const FLAG_POSITIONS = 1 << 0;
const FLAG_PHYSICAL = 1 << 1;
const PHYSICAL_BYTES = 4;

/**
 * u32 count, u32 flags, count × (u32 height, u32 width, u32 depth, i32 x, i32 y), and with flag 2 also
 * count × (u16 height, u16 width) in millimetres. Height comes first. Clients set flag 2 without asking; the sizes are
 * read only if all are there, and bytes beyond are ignored.
 * Source: vd_agent.h, VDAgentMonitorsConfig, VDAgentMonConfig and VDAgentMonitorMM.
 */
export const monitorsConfig = defineMessage<'monitors-config', MonitorsConfig>({
  type: 2,
  name: 'monitors-config',
  direction: 'to-guest',
  needs: 'monitors-config',
  size: atLeast(8),
  decode(body) {
    const count = body.u32();
    const flags = body.u32();
    if (count > MAX_MONITORS) throw new AgentError('malformed', `${count} monitors, limit ${MAX_MONITORS}`);
    const monitors = Array.from({ length: count }, () => readMonitor(body));
    const hasPhysical = (flags & FLAG_PHYSICAL) !== 0 && body.left >= count * PHYSICAL_BYTES;
    return {
      hasPositions: (flags & FLAG_POSITIONS) !== 0,
      monitors: hasPhysical ? monitors.map((monitor) => ({ ...monitor, physical: readPhysical(body) })) : monitors,
    };
  },
  encode({ hasPositions, monitors }) {
    const hasPhysical = monitors.some((monitor) => monitor.physical);
    const body = new BodyWriter().u32(monitors.length);
    body.u32((hasPositions ? FLAG_POSITIONS : 0) | (hasPhysical ? FLAG_PHYSICAL : 0));
    for (const { height, width, depth, x, y } of monitors) body.u32(height).u32(width).u32(depth).i32(x).i32(y);
    if (hasPhysical) for (const { physical } of monitors) body.u16(physical?.height ?? 0).u16(physical?.width ?? 0);
    return body.finish();
  },
});

function readMonitor(body: BodyReader): Monitor {
  const height = body.u32();
  const width = body.u32();
  return { width, height, depth: body.u32(), x: body.i32(), y: body.i32() };
}

function readPhysical(body: BodyReader): { width: number; height: number } {
  const height = body.u16();
  return { width: body.u16(), height };
}
