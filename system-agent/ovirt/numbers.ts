import type { JsonValue } from '#shared/json/value.ts';

/** What VDSM may send for a number: one, or digits. @returns undefined for anything else */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value);
  return typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : undefined;
}
