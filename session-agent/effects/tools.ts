import { execFile } from 'node:child_process';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { findTool } from '#shared/process/tools.ts';

/** A program by which a desktop's settings are read and written. Places are lists of words: S2 goes for them too. */
export interface SettingsTool {
  readonly name: string;
  /** @returns undefined when nothing is set there @throws {Error} when it cannot be told */
  read(place: readonly string[]): Promise<string | undefined>;
  /** @param value undefined: nothing is set there any more @throws {Error} */
  write(place: readonly string[], value: string | undefined): Promise<void>;
  /** Places that match, of tools that can list them. */
  find?(place: readonly string[], pattern: RegExp): Promise<readonly (readonly string[])[]>;
}

/**
 * Runs a program of the session to its end.
 * @returns status and what it printed
 * @throws {AgentError} 'timeout' when it does not end: whatever it asks does not answer
 * @throws {Error} when it cannot be run
 */
export type RunTool = (argv: readonly string[]) => Promise<{ readonly status: number; readonly output: string }>;

/** A desktop that has just begun is slow, on a slow machine. */
const TOOL_MS = 10_000;
const MAX_OUTPUT = 256 * 1024;
/** Backdrops: of each monitor that there ever was, each workspace. */
const MAX_FOUND = 64;

/** @param env of the session, which leads to its settings */
export function toolRunner(env: NodeJS.ProcessEnv): RunTool {
  return ([file = '', ...args]) =>
    new Promise((resolve, reject) => {
      const options = { env: { ...env, LC_ALL: 'C' }, cwd: '/', timeout: TOOL_MS, maxBuffer: MAX_OUTPUT };
      execFile(file, args, options, (error, stdout) => {
        if (error === null) resolve({ status: 0, output: stdout.trimEnd() });
        else if (typeof error.code === 'number') resolve({ status: error.code, output: stdout.trimEnd() });
        else if (error.killed === true) reject(new AgentError('timeout', `${path.basename(file)} does not end`));
        else reject(error);
      });
    });
}

/** @param names of the program, the newest first @returns undefined where none is installed */
function located(names: readonly string[], find: typeof findTool): string | undefined {
  return names.map((name) => find(name)).find((file) => file !== undefined);
}

/** GLib's settings. A place is a schema and a key; a key always has a value. */
export function gsettings(run: RunTool, find = findTool): SettingsTool | undefined {
  const file = located(['gsettings'], find);
  if (file === undefined) return undefined;
  return {
    name: 'gsettings',
    read: async (place) => done(await run([file, 'get', ...place])),
    async write(place, value) {
      done(await run(value === undefined ? [file, 'reset', ...place] : [file, 'set', ...place, value]));
    },
  };
}

/** Xfce's settings. A place is a channel, a property and the type it gets when it is new. */
export function xfconf(run: RunTool, find = findTool): SettingsTool | undefined {
  const file = located(['xfconf-query'], find);
  if (file === undefined) return undefined;
  const at = ([channel = '', property = '']: readonly string[]) => [file, '-c', channel, '-p', property];
  return {
    name: 'xfconf-query',
    async read(place) {
      const { status, output } = await run(at(place));
      return status === 0 ? output : undefined;
    },
    async write(place, value) {
      const [, , type = 'string'] = place;
      done(await run([...at(place), ...(value === undefined ? ['-r'] : ['-n', '-t', type, '-s', value])]));
    },
    async find([channel = '', , type = ''], pattern) {
      const { output } = await run([file, '-c', channel, '-l']);
      const properties = output
        .split('\n')
        .filter((line) => pattern.test(line))
        .slice(0, MAX_FOUND);
      return properties.map((property) => [channel, property, type]);
    },
  };
}

/**
 * KDE's settings. A place is a file, a group and a key. Plasma 6's programs are told and follow at once; those of
 * Plasma 5 read it when they start.
 */
export function kconfig(run: RunTool, find = findTool): SettingsTool | undefined {
  const reader = located(['kreadconfig6', 'kreadconfig5'], find);
  const writer = located(['kwriteconfig6', 'kwriteconfig5'], find);
  if (reader === undefined || writer === undefined) return undefined;
  const telling = path.basename(writer) === 'kwriteconfig6' ? ['--notify'] : [];
  const at = ([file = '', group = '', key = '']: readonly string[]) => ['--file', file, '--group', group, '--key', key];
  return {
    name: 'kwriteconfig',
    async read(place) {
      const value = done(await run([reader, ...at(place)]));
      return value === '' ? undefined : value;
    },
    async write(place, value) {
      done(await run([writer, ...telling, ...at(place), ...(value === undefined ? ['--delete', ''] : [value])]));
    },
  };
}

function done({ status, output }: { readonly status: number; readonly output: string }): string {
  if (status !== 0) throw new Error(`exit status ${status}`);
  return output;
}
