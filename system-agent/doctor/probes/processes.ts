import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { HolderFact, Known, ProcessFact } from '../facts.ts';

/** A machine with very many open files is not searched to the end: the doctor must be quick. */
const SEARCH_MS = 700;

/** All processes with the names of their programs, those of ended ones left out. */
export function readProcesses(proc: string): ProcessFact[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const comm = orNothing(() => readFileSync(path.join(proc, name, 'comm'), 'utf8').trimEnd());
      return comm === undefined ? [] : [{ pid: Number(name), name: comm }];
    });
}

/** Who has one of these devices open; every process must be open to us for that, so root asks. */
export function findHolders(
  proc: string,
  nodes: readonly string[],
  processes: readonly ProcessFact[],
): Known<readonly HolderFact[]> {
  const found = new Map(nodes.map((node) => [`/dev/${node}`, [] as ProcessFact[]]));
  const end = performance.now() + SEARCH_MS;
  for (const one of processes) {
    if (performance.now() > end) return { known: false, why: 'there are too many open files to search' };
    const folder = path.join(proc, String(one.pid), 'fd');
    for (const fd of orNothing(() => readdirSync(folder)) ?? []) {
      const target = orNothing(() => readlinkSync(path.join(folder, fd))) ?? '';
      const holders = found.get(target);
      if (holders !== undefined && !holders.includes(one)) holders.push(one);
    }
  }
  return { known: true, value: nodes.map((node) => ({ node, holders: found.get(`/dev/${node}`) ?? [] })) };
}

/** A process may end while it is looked at. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
