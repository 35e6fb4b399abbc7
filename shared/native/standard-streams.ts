import { closeSync, openSync } from 'node:fs';
import { checked, libc } from './libc.ts';

const dup2: (from: number, to: number) => number = libc.func('int dup2(int from, int to)');

/** Lets the three standard streams lead nowhere, as daemon(3) does. @throws {Error} errno error */
export function silenceStandardStreams(): void {
  const nothing = openSync('/dev/null', 'r+');
  for (const stream of [0, 1, 2]) checked(dup2(nothing, stream), 'dup2');
  closeSync(nothing);
}
