import path from 'node:path';

/**
 * Is `file` the allowed path or below it, by its text alone? It must be absolute and plain: without `.`, `..` and empty
 * components, so that text and walk mean the same file. Whoever opens it walks there without following links.
 */
export function isWithin(allowed: string, file: string): boolean {
  if (!isPlain(file)) return false;
  return file === allowed || allowed === '/' || file.startsWith(`${allowed}/`);
}

/** @param allowed a program, or a folder that ends in a slash */
export function isProgramOf(allowed: string, program: string): boolean {
  return isPlain(program) && (allowed.endsWith('/') ? program.startsWith(allowed) : program === allowed);
}

function isPlain(file: string): boolean {
  return path.isAbsolute(file) && !file.includes('\0') && path.normalize(file) === file && !file.endsWith('/');
}
