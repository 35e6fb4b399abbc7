import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** The content of a package, laid out in a folder as it will be installed. Modes do not depend on who builds. */
export class Tree {
  /** @param {string} folder is there and empty */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * @param {string} name path as installed, without the leading slash
   * @param {string | Buffer} content
   */
  write(name, content, mode = 0o644) {
    const file = this.#place(name);
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  /**
   * Copies a file, or a folder with all that is in it. What its owner may execute everybody may.
   * @param {string} name
   * @param {string} source
   */
  copy(name, source) {
    const entry = lstatSync(source);
    if (entry.isDirectory()) {
      for (const child of readdirSync(source)) this.copy(path.join(name, child), path.join(source, child));
      return;
    }
    const file = this.#place(name);
    copyFileSync(source, file);
    chmodSync(file, entry.mode & 0o100 ? 0o755 : 0o644);
  }

  /**
   * @param {string} name
   * @param {string} target as written into the link
   */
  link(name, target) {
    symlinkSync(target, this.#place(name));
  }

  /** An empty folder. */
  makeFolder(/** @type {string} */ name) {
    mkdirSync(path.join(this.folder, name), { recursive: true });
  }

  /** Paths as installed of all files and links, sorted. */
  files() {
    return this.#entries().filter((name) => !lstatSync(path.join(this.folder, name)).isDirectory());
  }

  /** Gives every entry the same time, and folders the mode that does not come from the umask. */
  settle(/** @type {Date} */ time) {
    for (const name of [...this.#entries(), '.']) {
      const file = path.join(this.folder, name);
      if (lstatSync(file).isDirectory()) chmodSync(file, 0o755);
      lutimesSync(file, time, time);
    }
  }

  /** What dpkg calls the installed size: KiB, each file rounded up, each link and folder counted as one. */
  installedSize() {
    return this.#entries()
      .map((name) => lstatSync(path.join(this.folder, name)))
      .reduce((sum, entry) => sum + (entry.isFile() ? Math.ceil(entry.size / 1024) : 1), 0);
  }

  #entries() {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
  }

  /** @param {string} name */
  #place(name) {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }
}
