import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that only this user may enter (mode 0700, a name nobody can guess: S4), removed with what is in it. */
export class RuntimeDirectory implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<RuntimeDirectory> {
    const directory = new RuntimeDirectory(await mkdtemp(path.join(process.env.XDG_RUNTIME_DIR || tmpdir(), 'uga-')));
    await mkdir(directory.state, { mode: 0o700 });
    return directory;
  }

  get socket(): string {
    return path.join(this.path, 'qga.sock');
  }

  get state(): string {
    return path.join(this.path, 'state');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
