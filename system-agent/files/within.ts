import * as fs from 'node:fs';
import { constants as os } from 'node:os';
import { promisify } from 'node:util';
import { AgentError, errnoOf } from '#shared/errors.ts';
import type { Descriptor } from './descriptor.ts';
import { createDescriptor, openDescriptor } from './open.ts';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
/** open(2); Node has no name for it. A descriptor that names a file, with which nothing can be read or written. */
const O_PATH = 0o10000000;
/** Somebody who makes and removes the file all the time does not keep us here. */
const MAX_ATTEMPTS = 3;

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);

/**
 * Opens a file that is in one of these places, and no other file whatever happens to the path meanwhile: the walk holds
 * a descriptor of each folder, follows no link, leaves the place's mount for no other one (so no bind mount leads out of
 * it), and what is opened is the very file that was looked at. That file must be a plain one with no second name, for a
 * hard link can have been made by somebody who may not read it.
 *
 * @param places absolute files and folders, without links on the way to them
 * @param file absolute and plain: no `.`, `..` or empty component
 * @param flags open(2)'s; O_CREAT makes a file that is not there
 * @throws {AgentError} 'refused' with what stands in the way; {Error} errno error
 */
export async function openWithin(places: readonly string[], file: string, flags: number): Promise<Descriptor> {
  const folder = await folderOf(places, file);
  const { name } = folder;
  try {
    for (let attempt = 1; ; attempt++) {
      const found = await lookAt(folder);
      if (found === undefined && (flags & O_CREAT) === 0) throw missing();
      try {
        return found === undefined
          ? await createDescriptor(at(folder.fd, name), flags | O_NOFOLLOW)
          : await openDescriptor(`/proc/self/fd/${found}`, flags & ~O_CREAT);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST' || attempt === MAX_ATTEMPTS) throw error;
      } finally {
        if (found !== undefined) await close(found);
      }
    }
  } finally {
    await close(folder.fd);
  }
}

/**
 * The same without opening it, for who only asks. A file that is not there could be made.
 * @throws {AgentError} 'refused' with what stands in the way; {Error} errno error
 */
export async function checkWithin(places: readonly string[], file: string): Promise<void> {
  const folder = await folderOf(places, file);
  try {
    const found = await lookAt(folder);
    if (found !== undefined) await close(found);
  } finally {
    await close(folder.fd);
  }
}

/** The folder of a file, held by a descriptor, and the file's name in it. */
interface HeldFolder {
  readonly fd: number;
  readonly name: string;
  /** That the file must be on; undefined when the file is the place itself. */
  readonly mount: string | undefined;
}

async function folderOf(places: readonly string[], file: string): Promise<HeldFolder> {
  const names = componentsOf(file);
  const place = places.find((one) => isIn(componentsOf(one), names));
  const name = names.pop();
  if (place === undefined || name === undefined) throw refused('it is in no place that may be opened');
  const depth = componentsOf(place).length;
  const { fd, mount } = await walk(names, depth);
  return { fd, name, mount: names.length < depth ? undefined : mount };
}

/** @param depth of the place: from there on the mount must stay the same */
async function walk(names: readonly string[], depth: number): Promise<{ readonly fd: number; readonly mount: string }> {
  let fd = await open('/', O_PATH | O_DIRECTORY);
  try {
    let mount = mountOf(fd);
    for (const [index, name] of names.entries()) {
      const next = await open(at(fd, name), O_PATH | O_DIRECTORY | O_NOFOLLOW).catch(explain);
      await close(fd);
      fd = next;
      const here = mountOf(fd);
      if (index >= depth && here !== mount) throw otherMount();
      mount = here;
    }
    return { fd, mount };
  } catch (error) {
    await close(fd);
    throw error;
  }
}

/** @returns a descriptor by O_PATH, undefined when there is no such file */
async function lookAt({ fd: folder, name, mount }: HeldFolder): Promise<number | undefined> {
  const fd = await open(at(folder, name), O_PATH | O_NOFOLLOW).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (fd === undefined) return undefined;
  try {
    const stats = await fstat(fd);
    if (stats.isSymbolicLink()) throw refused('a symbolic link is not followed');
    if (!stats.isFile()) throw refused('it is no plain file');
    if (stats.nlink > 1) throw refused('the file has other names too (hard links)');
    if (mount !== undefined && mountOf(fd) !== mount) throw otherMount();
    return fd;
  } catch (error) {
    await close(fd);
    throw error;
  }
}

/** To open(2) this is what openat(2) is with the descriptor: Node offers no other way to say it. */
function at(folder: number, name: string): string {
  return `/proc/self/fd/${folder}/${name}`;
}

/** The mount that an open file was reached through; a bind mount has one of its own on the same file system. proc(5) */
function mountOf(fd: number): string {
  const mount = /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  if (mount === undefined) throw refused('the kernel does not say on which mount it is');
  return mount;
}

/** Without O_NOFOLLOW's two words for a link in a folder's place. */
function explain(error: unknown): never {
  const code = errnoOf(error);
  throw code === 'ENOTDIR' || code === 'ELOOP' ? refused('a link or file stands where a folder must be') : error;
}

function componentsOf(file: string): string[] {
  return file.split('/').filter((name) => name !== '');
}

function isIn(place: readonly string[], file: readonly string[]): boolean {
  const isPlain = file.every((name) => name !== '.' && name !== '..');
  return isPlain && place.length <= file.length && place.every((name, index) => name === file[index]);
}

function missing(): Error {
  return Object.assign(new Error('ENOENT'), { code: 'ENOENT', errno: -os.errno.ENOENT });
}

function otherMount(): AgentError {
  return refused('another file system is mounted on the way');
}

function refused(why: string): AgentError {
  return new AgentError('refused', why);
}
