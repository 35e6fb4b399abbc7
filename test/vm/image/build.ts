import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../support/process.ts';
import { cached } from './cache.ts';
import { type Compositor, type ImageName, type Recipe, recipeFolder, recipeFor, sourcesFor } from './recipe.ts';

/** What QEMU needs to boot a guest; read-only, guests write to overlays. */
export interface Image {
  readonly name: ImageName;
  readonly desktop: boolean;
  readonly compositor?: Compositor;
  /** Names the content: the same key is the same image. */
  readonly key: string;
  /** qcow2 with one ext4 file system, no partitions. */
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

const BUILD_TIMEOUT_MS = 900_000;

/** The image from the cache, or built now, which takes about half a minute and needs root. */
export async function ensureImage(name: ImageName): Promise<Image> {
  const recipe = await recipeFor(name);
  const folder = await cached(`image-${name}`, recipe.key, (unfinished) => buildImage(recipe, unfinished));
  return {
    name,
    desktop: recipe.desktop,
    ...(recipe.compositor && { compositor: recipe.compositor }),
    key: recipe.key,
    disk: path.join(folder, 'disk.qcow2'),
    kernel: path.join(folder, 'vmlinuz'),
    initrd: path.join(folder, 'initrd.gz'),
  };
}

async function buildImage(recipe: Recipe, folder: string): Promise<void> {
  const started = Date.now();
  const say = (step: string) => {
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    process.stderr.write(`guest image ${recipe.name}, ${seconds} s: ${step}\n`);
  };
  const modules = path.join(folder, 'modules.tar');
  const tree = path.join(folder, 'root');
  const raw = path.join(folder, 'disk.raw');
  say(`unpack ${recipe.kernelPackage}`);
  await run(path.join(recipeFolder, 'kernel.sh'), [folder, recipe.kernelPackage], { timeoutMs: BUILD_TIMEOUT_MS });
  say('install Debian with mmdebstrap');
  await installDebian(recipe, tree, modules);
  say('make the disk');
  await using file = await open(raw, 'w');
  await file.truncate(recipe.diskBytes);
  // Filling the file system while it is made needs no loop device and no mount.
  await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-d', tree, raw], { timeoutMs: BUILD_TIMEOUT_MS });
  await run('qemu-img', ['convert', '-O', 'qcow2', raw, path.join(folder, 'disk.qcow2')], {
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  for (const part of [raw, modules, tree]) await rm(part, { recursive: true });
  say('done');
}

/** In namespaces of its own: if the build is killed, no process and no mount of the half-made tree stays. */
async function installDebian(recipe: Recipe, tree: string, modules: string): Promise<void> {
  const leftOut = ['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  await run(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'mmdebstrap', '--quiet', '--mode=root'],
      ...['--variant=minbase', '--format=directory', '--aptopt=APT::Install-Recommends "false"', ...leftOut],
      `--include=${recipe.packages.join(',')}`,
      '--customize-hook="$LAB_RECIPE/customize.sh" "$1"',
      ...(recipe.desktop ? ['--customize-hook="$LAB_RECIPE/desktop/customize.sh" "$1"'] : []),
      ...(recipe.compositor ? [`--customize-hook="$LAB_RECIPE/${recipe.compositor}/customize.sh" "$1"`] : []),
      ...[recipe.suite, tree, '-'],
    ],
    {
      input: await sourcesFor(recipe.suite),
      timeoutMs: BUILD_TIMEOUT_MS,
      env: { LAB_RECIPE: recipeFolder, LAB_MODULES: modules },
    },
  );
}
