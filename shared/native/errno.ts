import { libc } from './libc.ts';

const strerror: (errno: number) => string = libc.func('const char *strerror(int errno)');

/** A system error in the C library's words ("No such file or directory"), which hosts look for; else its message. */
export function systemErrorText(error: unknown): string {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    return strerror(Math.abs(error.errno));
  }
  return error instanceof Error ? error.message : String(error);
}
