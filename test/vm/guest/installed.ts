import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import type { Image } from '../image/build.ts';
import { cached } from '../image/cache.ts';
import { run } from '../support/process.ts';
import { product, stopAgent } from './agents.ts';
import { Machine, makeStandalone } from './machine.ts';
import type { RootShell } from './root-shell.ts';
import { bootAndSave, ensureSavedState, machineKey, type SavedState, stateIn } from './saved-state.ts';

/** Folder of the package under test, and of nothing else; the test runner makes it. */
export const PACKAGES = 'dist/packages';

const INSTALL_SECONDS = 300;
const OFF_TIMEOUT_MS = 60_000;

/** Path of the package under test. @throws {AgentError} 'failed' when it has not been made */
export function packageFile(): string {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const file = path.join(PACKAGES, `uga_${version}_amd64.deb`);
  if (!existsSync(file)) throw new AgentError('failed', `there is no ${file}: npm run package -- --quick makes it`);
  return file;
}

/**
 * A guest in which the package has been installed, and which has then been started again; the agent, which came up with the
 * guest, is stopped. From the cache, otherwise made in about a minute.
 */
export async function ensureInstalledState(image: Image): Promise<SavedState> {
  const key = createHash('sha256')
    .update(image.key)
    .update(await machineKey(image));
  key.update(readFileSync(packageFile()));
  const folder = await cached(`installed-${image.name}`, key.digest('hex').slice(0, 12), async (unfinished) => {
    const disk = path.join(unfinished, 'installed.qcow2');
    await installOn(image, disk);
    await bootAndSave(image, disk, stateIn(unfinished), async ({ shell }) => {
      await shell.run(`systemctl is-active ${product.unit}`);
      await stopAgent(shell, product);
    });
    await rm(disk);
  });
  return stateIn(folder);
}

/** As an administrator does it, without a network. The package is at /opt/uga. */
export async function installPackage(shell: RootShell): Promise<void> {
  await shell.run(
    `DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /opt/uga/${path.basename(packageFile())}`,
    INSTALL_SECONDS,
  );
}

/** Over the same version, which apt does not do without a source to fetch it from. */
export async function replacePackage(shell: RootShell): Promise<void> {
  await shell.run(`dpkg --install --force-confold /opt/uga/${path.basename(packageFile())}`, INSTALL_SECONDS);
}

/**
 * Makes the package that would come next: the same content under a higher version.
 * @param folder takes it, and has nothing else
 * @returns the file's name
 */
export async function makeNewerPackage(folder: string): Promise<string> {
  const tree = await mkdtemp(path.join(tmpdir(), 'uga-newer-'));
  try {
    await run('dpkg-deb', ['--raw-extract', packageFile(), tree]);
    const control = path.join(tree, 'DEBIAN', 'control');
    const text = await readFile(control, 'utf8');
    await writeFile(control, text.replace(/^Version: (.*)$/m, 'Version: $1+next'));
    const name = 'uga-next.deb';
    await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, path.join(folder, name)]);
    return name;
  } finally {
    await rm(tree, { recursive: true });
  }
}

async function installOn(image: Image, disk: string): Promise<void> {
  process.stderr.write(`guest ${image.name}: install ${path.basename(packageFile())}\n`);
  await using machine = await Machine.start({ image, ...(await ensureSavedState(image)), payload: PACKAGES });
  await installPackage(machine.shell);
  const off = machine.poweredOff(OFF_TIMEOUT_MS);
  await machine.shell.run('umount /opt/uga; systemctl --no-block poweroff');
  await off;
  await makeStandalone(machine.files.disk, image.disk, disk);
}
