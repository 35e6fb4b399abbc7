import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import type { Run } from '../cli/io.ts';
import { errnoOf } from '../errors.ts';

interface Face {
  readonly run: Run;
}

/**
 * Loads a face: a CommonJS bundle of ASCII text beside the program. A file `NAME.code` holds what V8 made of it when the
 * package was built, which saves a quarter of the work of a start. V8 takes it only if its release and its flags are the same,
 * and else compiles the text.
 * @param load `require` of the program
 * @param folder of the program
 * @throws {Error} errno error when the bundle is not there, or what it throws
 */
export function loadBundle(load: NodeJS.Require, folder: string, name: string): Face {
  const file = path.join(folder, name);
  const cachedData = readIfThere(`${file}.code`);
  if (cachedData === undefined) return load(file);
  const script = new Script(Module.wrap(readFileSync(file, 'latin1')), { filename: file, cachedData });
  const face: { exports: Partial<Face> } = { exports: {} };
  script.runInThisContext()(face.exports, createRequire(file), face, file, folder);
  return face.exports as Face;
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
