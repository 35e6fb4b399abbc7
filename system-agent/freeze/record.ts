/**
 * What the file /run/uga/freeze says, which outlives the agent: `frozen: PID` of the agent, or `ended: REASON`, which the
 * guard writes too. It is on a tmpfs, so the next boot has none.
 */
export type FreezeRecord =
  | { readonly kind: 'frozen'; readonly pid: number }
  | { readonly kind: 'ended'; readonly reason: string };

/** Name of the file; the guard's program knows it too. */
export const RECORD_NAME = 'freeze';

const MAX_REASON = 200;

export function formatRecord(record: FreezeRecord): string {
  return record.kind === 'frozen' ? `frozen: ${record.pid}\n` : `ended: ${record.reason}\n`;
}

/** A text that says neither is read as a freeze of nobody: thawing too much is the mistake that does no harm. */
export function parseRecord(text: string): FreezeRecord {
  const ended = /^ended: (.+)$/m.exec(text)?.[1];
  if (ended !== undefined) return { kind: 'ended', reason: ended.slice(0, MAX_REASON) };
  return { kind: 'frozen', pid: Number(/^frozen: (\d{1,10})$/m.exec(text)?.[1] ?? 0) };
}
