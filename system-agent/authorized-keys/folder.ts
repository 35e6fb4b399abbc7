import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { AgentError } from '#shared/errors.ts';

/** open(2); Node has no name for it. A descriptor to walk from, with which nothing can be read or written. */
const O_PATH = 0o10000000;
const MAX_LINKS = 40;
const GROUP_AND_OTHERS_WRITE = 0o022;

/**
 * A folder held by a descriptor: what it is cannot be changed by renaming or links any more. `/proc/self/fd/N/name` is
 * to open(2) what openat(2) is with N: Node offers no other way to say it.
 */
export class Folder implements Disposable {
  private constructor(private readonly fd: number) {}

  static open(path: string): Folder {
    return new Folder(openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  }

  /**
   * Goes down an absolute path one component at a time. A link on the way is followed only if nobody but root could have
   * put it there, as on systems where /home leads elsewhere.
   * @throws {Error} errno error, or {AgentError} 'refused' for a link that somebody else made
   */
  static walk(path: string): Folder {
    let folder = Folder.open('/');
    const names = namesOf(path);
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) return folder;
      using here = folder;
      const entry = lstatSync(here.at(name));
      if (!entry.isSymbolicLink()) {
        folder = here.enter(name);
        continue;
      }
      if (!isRoots(entry, here.stat()) || ++links > MAX_LINKS) {
        throw new AgentError('refused', `'${name}' in '${path}' is a symbolic link`);
      }
      const target = readlinkSync(here.at(name));
      names.unshift(...namesOf(target));
      folder = Folder.open(target.startsWith('/') ? '/' : here.at('.'));
    }
  }

  /** @throws {Error} errno error, ENOTDIR also for a link */
  enter(name: string): Folder {
    return Folder.open(this.at(name));
  }

  /** A path for the calls of node:fs. @param name one component */
  at(name: string): string {
    return `/proc/self/fd/${this.fd}/${name}`;
  }

  stat(): Stats {
    return fstatSync(this.fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** In a folder that only root can write, a link of root's stays what it is while it is looked at. */
function isRoots(link: Stats, folder: Stats): boolean {
  return link.uid === 0 && folder.uid === 0 && (folder.mode & GROUP_AND_OTHERS_WRITE) === 0;
}
