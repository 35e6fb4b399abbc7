import { unlink } from 'node:fs/promises';
import { readFileIfThere, replaceFile } from '#shared/files.ts';

/** One setting that we have changed. */
export interface Change {
  readonly effect: string;
  readonly place: readonly string[];
  /** Undefined: nothing was set there. */
  readonly before: string | undefined;
  readonly during: string;
}

const MAX_CHANGES = 256;

/** What an earlier agent had changed and not restored. @param file in the user's state, which is the user's own */
export async function readChanges(file: string): Promise<readonly Change[]> {
  const text = await readFileIfThere(file);
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isChange).slice(0, MAX_CHANGES) : [];
  } catch {
    return [];
  }
}

/** With none the file goes. @throws {Error} errno error */
export async function keepChanges(file: string, changes: readonly Change[]): Promise<void> {
  if (changes.length > 0) return replaceFile(file, `${JSON.stringify(changes)}\n`);
  await unlink(file).catch(() => {});
}

function isChange(value: unknown): value is Change {
  if (typeof value !== 'object' || value === null) return false;
  const { effect, place, before, during } = value as Readonly<Record<string, unknown>>;
  const isPlace = Array.isArray(place) && place.every((word) => typeof word === 'string');
  const isBefore = before === undefined || typeof before === 'string';
  return isPlace && isBefore && typeof during === 'string' && typeof effect === 'string';
}
