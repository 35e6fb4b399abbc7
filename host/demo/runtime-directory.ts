import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that only this user may enter (mode 0700, a name nobody can guess: S4), removed with what is in it. */
export class RuntimeDirectory implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<RuntimeDirectory> {
    const directory = new RuntimeDirectory(await mkdtemp(path.join(process.env.XDG_RUNTIME_DIR || tmpdir(), 'uga-')));
    await mkdir(directory.state, { mode: 0o700 });
    // Where no logind says whose session it is, the agent serves only users that are named.
    await writeFile(directory.config, `[link]\nallow-uid=${process.getuid?.() ?? 0}\n`, { mode: 0o600 });
    return directory;
  }

  /** Where the agent listens: a socket for each door, one for the session's agent, one for `uga status`. */
  get sockets(): Readonly<Record<'qga' | 'ovirt' | 'vdagent' | 'link' | 'control', string>> {
    const at = (name: string) => path.join(this.path, `${name}.sock`);
    return { qga: at('qga'), ovirt: at('ovirt'), vdagent: at('vdagent'), link: at('link'), control: at('control') };
  }

  get config(): string {
    return path.join(this.path, 'uga.conf');
  }

  get state(): string {
    return path.join(this.path, 'state');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
