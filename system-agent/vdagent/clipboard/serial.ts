/**
 * Grab serials settle who was last when both sides grab at once (W4). Each side counts the grabs of a selection that it
 * knows of, its own and the other's; a grab carries the count before it. Source: spice-protocol, vd_agent.h,
 * VD_AGENT_CAP_CLIPBOARD_GRAB_SERIAL, and the use of it in spice-gtk.
 */
export const FIRST_SERIAL = 0;

/** u32, wraps around. */
export function nextSerial(serial: number): number {
  return (serial + 1) >>> 0;
}

/**
 * What becomes of a client's grab:
 * - `new`: it knew all our grabs
 * - `crossed`: our last grab was on its way; of two that cross, the client's wins, and both sides have counted one
 * - `stale`: it was overtaken by ours, or counts wrongly
 */
export function judgeSerial(ours: number, theirs: number): 'new' | 'crossed' | 'stale' {
  if (theirs === ours) return 'new';
  return nextSerial(theirs) === ours ? 'crossed' : 'stale';
}
