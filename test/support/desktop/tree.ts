import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isThere } from '#test/support/peers.js';
import { cached } from '#test/vm/image/cache.ts';
import { datesThatCount, sourcesFor } from '#test/vm/image/recipe.ts';
import { run } from '#test/vm/support/process.ts';
import type { Release } from './release.ts';

/** Compositors, and what tests run beside them. */
const PACKAGES = [
  ...['sway', 'kwin-wayland', 'mutter', 'xwayland'],
  ...['wl-clipboard', 'wayland-utils', 'libglib2.0-bin', 'x11-xserver-utils', 'pipewire'],
];
const PROGRAMS = [
  'sway',
  'swaymsg',
  'mutter',
  'wl-copy',
  'wl-paste',
  'wayland-info',
  'gdbus',
  'pipewire',
  'setpriv',
  'env',
];
/** Nobody reads there. */
const LEFT_OUT = ['man', 'doc', 'locale'];

/** A whole release comes over the network, and its packages are unpacked one by one. */
const BUILD_TIMEOUT_MS = 1_200_000;

/** Stands for the program of its name, which runs in the tree beside it. Mounts are its own and end with it, however it ends. */
const ENTER = `#!/bin/sh
folder=$(dirname "$(dirname "$0")")
PATH=\${PATH#"$folder/bin:"} # the tree sees it where the cache is in the temporary folder
exec unshare --mount --propagation private -- sh -c '
  for one in /proc /dev /sys "$1"; do mount --rbind "$one" "$0$one" || exit; done
  shift
  exec chroot "$0" "$@"' "$folder/root" "$(cat "$folder/temporary")" "$(basename "$0")" "$@"
`;

/** Why no other release can be had on this machine, as node:test takes it; false when it can. */
export const needsTree = reasonFor(['apt-get', 'mmdebstrap', 'unshare', 'chroot', 'flock']);

/**
 * Debian's compositors of another release, in a tree that is kept as guests' images are. Programs that have its PATH run there, with
 * this machine's processes, devices and temporary folder.
 * @throws {AgentError} 'failed'
 */
export async function releaseOf(suite: 'trixie' | 'sid'): Promise<Release> {
  const temporary = tmpdir();
  const parts = JSON.stringify([suite, PACKAGES, PROGRAMS, LEFT_OUT, ENTER, temporary]);
  const key = createHash('sha256').update(parts).digest('hex').slice(0, 12);
  const folder = await cached(`tree-${suite}`, key, async (unfinished) => {
    const bin = path.join(unfinished, 'bin');
    await mkdir(bin);
    for (const program of PROGRAMS) await writeFile(path.join(bin, program), ENTER, { mode: 0o755 });
    await writeFile(path.join(unfinished, 'temporary'), temporary);
    const root = path.join(unfinished, 'root');
    await install(suite, root);
    await mkdir(path.join(root, temporary), { recursive: true });
  });
  return {
    name: suite,
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH ?? ''}`,
    locate: (program) => path.join(folder, 'root/usr/bin', program),
  };
}

/** In namespaces of its own, as guests' images are made. */
async function install(suite: string, root: string): Promise<void> {
  process.stderr.write(`tree of ${suite}: install ${PACKAGES.join(' ')} with mmdebstrap, some minutes\n`);
  await run(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'mmdebstrap', '--quiet', '--mode=root'],
      ...['--variant=minbase', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
      ...(await datesThatCount()).map((setting) => `--aptopt=${setting}`),
      ...LEFT_OUT.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      '--dpkgopt=force-unsafe-io', // what is half made is thrown away
      `--include=${PACKAGES.join(',')}`,
      ...[suite, root, '-'],
    ],
    { input: await sourcesFor(suite), timeoutMs: BUILD_TIMEOUT_MS },
  );
}

function reasonFor(programs: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'a tree of another release needs root';
  const missing = programs.filter((program) => !isThere(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;
}
