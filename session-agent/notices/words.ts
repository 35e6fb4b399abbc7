import type { ActKind, HostActs } from '#protocol/ipc/messages/notice.ts';

/** One and several of each kind. */
const WORDS: Readonly<Record<ActKind, readonly [one: string, several: (count: number) => string]>> = {
  program: ['ran a command', (count) => `ran ${count} commands`],
  'file-read': ['read a file', (count) => `read ${count} files`],
  'file-written': ['wrote a file', (count) => `wrote ${count} files`],
  account: ['looked at or changed an account', (count) => `looked at or changed accounts ${count} times`],
};

/** "The host ran a command and read 2 files." Undefined if nothing is known of what it did. */
export function sentenceOf({ acts }: HostActs): string | undefined {
  const parts = acts.flatMap(({ kind, count }) => {
    if (!isKnown(kind)) return [];
    const [one, several] = WORDS[kind];
    return [count === 1 ? one : several(count)];
  });
  const last = parts.pop();
  if (last === undefined) return undefined;
  return `The host ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}.`;
}

function isKnown(kind: string): kind is ActKind {
  return Object.hasOwn(WORDS, kind);
}
