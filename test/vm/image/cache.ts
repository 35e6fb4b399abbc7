import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { within } from '../support/wait.ts';

/** Where images and saved states are kept between runs, a few hundred MB each. */
export const cacheFolder =
  process.env.UGA_VM_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'uga-vm');

/** Checkouts with different recipes share the cache, so more than the newest stays. */
const KEPT = 3;

/** The longest that another test run may take to build the same thing. */
const LOCK_TIMEOUT_MS = 600_000;

/**
 * The folder `KIND-KEY` of the cache. If it is not there, `build` fills it; an interrupted build leaves nothing under that
 * name. Of each kind only the ones used last are kept.
 * @param kind one word
 * @param key changes with everything the content is made from
 */
export async function cached(kind: string, key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cacheFolder, `${kind}-${key}`);
  if (!existsSync(folder)) {
    await mkdir(cacheFolder, { recursive: true });
    await using _lock = await FileLock.take(path.join(cacheFolder, `${kind}.lock`));
    if (!existsSync(folder)) {
      const unfinished = path.join(cacheFolder, `unfinished-${kind}`);
      await rm(unfinished, { recursive: true, force: true });
      await mkdir(unfinished);
      await build(unfinished);
      await rename(unfinished, folder);
      await removeOld(kind, folder);
    }
  }
  await utimes(folder, new Date(), new Date());
  return folder;
}

async function removeOld(kind: string, current: string): Promise<void> {
  const names = (await readdir(cacheFolder)).filter((name) => name.startsWith(`${kind}-`));
  const folders = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(cacheFolder, name);
      return { folder, usedMs: folder === current ? Number.POSITIVE_INFINITY : (await stat(folder)).mtimeMs };
    }),
  );
  folders.sort((a, b) => b.usedMs - a.usedMs);
  for (const { folder } of folders.slice(KEPT)) await rm(folder, { recursive: true, force: true });
}

/** An exclusive lock between processes, held by a flock(1) child whose input ends with us: it cannot become stale. */
class FileLock implements AsyncDisposable {
  private constructor(private readonly release: () => Promise<void>) {}

  static async take(file: string): Promise<FileLock> {
    const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(holder, 'exit');
    const held = Promise.race([
      once(holder.stdout, 'data'),
      exited.then(() => Promise.reject(new AgentError('failed', `flock ${file} ended early`))),
    ]);
    try {
      await within(LOCK_TIMEOUT_MS, `the lock ${file}`, held);
    } catch (error) {
      holder.kill();
      throw error;
    }
    return new FileLock(async () => {
      holder.stdin.end();
      await exited;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
