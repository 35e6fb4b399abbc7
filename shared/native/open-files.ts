import { checked, libc } from './libc.ts';

const RLIMIT_NOFILE = 7;
/** `struct rlimit` on 64-bit systems: u64 soft, u64 hard. getrlimit(2) */
const LIMIT_WORDS = 2;

const getrlimit: (resource: number, limit: BigUint64Array) => number = libc.func(
  'int getrlimit(int resource, void *limit)',
);
const setrlimit: (resource: number, limit: BigUint64Array) => number = libc.func(
  'int setrlimit(int resource, const void *limit)',
);

/** How many files this process may have open: what counts, and how far it may be raised. */
export interface OpenFilesLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

export function openFilesLimit(): OpenFilesLimit {
  const limit = new BigUint64Array(LIMIT_WORDS);
  checked(getrlimit(RLIMIT_NOFILE, limit), 'getrlimit');
  const [soft = 0n, hard = 0n] = limit;
  return { soft, hard };
}

/** @throws {Error} errno error: EINVAL soft is above hard, EPERM hard is raised without the right to */
export function limitOpenFiles({ soft, hard }: OpenFilesLimit): void {
  checked(setrlimit(RLIMIT_NOFILE, BigUint64Array.of(soft, hard)), 'setrlimit');
}
