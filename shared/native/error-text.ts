import { libc } from './libc.ts';

const strerror: (errno: number) => string = libc.func('const char *strerror(int errno)');

/** The C library's words for a system error, "No such file or directory", as programs in C show them. */
export function errorText(error: unknown): string {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return strerror(-error.errno);
  return error instanceof Error ? error.message : String(error);
}
