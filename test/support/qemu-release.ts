import { commands } from '#system-agent/qga/commands/index.ts';

/** Our commands that QEMU did not have yet in a release, as its programs print it ("7.2.22"), or does not have at all. */
export function newerThan(release: string): ReadonlySet<string> {
  return new Set(
    commands
      .filter(({ name, since }) => name.startsWith('uga-') || compare(since, release) > 0)
      .map(({ name }) => name),
  );
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (const [at, number] of (left ?? []).entries()) {
    const difference = number - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
