/** What the daemon and its helper with the user's rights say to each other: one JSON text each way. */
export interface KeysRequest {
  /** Who the helper must be. */
  readonly uid: number;
  readonly home: string;
  readonly action: 'list' | 'add' | 'reset' | 'remove';
  readonly keys: readonly string[];
}

/** `keys` is empty but for 'list'. */
export type KeysAnswer = { readonly keys: readonly string[] } | { readonly error: string };

/** Name of the helper among the faces of the program. */
export const KEYS_FACE = 'authorized-keys';

/** Of the file, before and after, and of the keys in one request. An administrator's file has some ten kilobytes. */
export const MAX_FILE = 1024 * 1024;

/** JSON needs up to six characters for a byte. */
export const MAX_MESSAGE = 6 * MAX_FILE + 64 * 1024;

/** The helper's process is the user's to do with as he likes, so its words are as little ours as the file is (S5). */
export function parseAnswer(text: string): KeysAnswer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  if ('error' in answer && typeof answer.error === 'string') return { error: answer.error };
  if (!('keys' in answer) || !Array.isArray(answer.keys)) return undefined;
  const keys: unknown[] = answer.keys;
  return keys.every((key) => typeof key === 'string') ? { keys } : undefined;
}
