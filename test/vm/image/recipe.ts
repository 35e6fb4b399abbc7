import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { run } from '../support/process.ts';

/** On top of mmdebstrap's `minbase`; libstdc++6 is what our package needs. There is no Node but that of the package. */
const BASE = [
  ...['systemd', 'systemd-sysv', 'dbus', 'dbus-user-session', 'libpam-systemd', 'udev', 'kmod', 'polkitd'],
  ...['login', 'passwd', 'libpam-runtime', 'pamtester', 'util-linux-extra', 'tzdata'],
  ...['iproute2', 'procps', 'psmisc', 'strace', 'libstdc++6'],
  ...['fdisk', 'dmsetup', 'btrfs-progs'],
  'qemu-guest-agent',
];

/** What the desktop guest has besides: X, a window manager, a display manager, and tools that look at them from outside. */
const DESKTOP = [
  ...['xserver-xorg-core', 'xserver-xorg-input-libinput', 'openbox', 'python3-xdg', 'lightdm', 'lightdm-gtk-greeter'],
  ...['x11-xserver-utils', 'x11-utils', 'xclip', 'xdotool', 'fonts-dejavu-core'],
  'spice-vdagent',
];

/** What users of a desktop run, and what hosts do to them there is seen by: screen locks, notifications, an editor. */
const PROGRAMS = ['light-locker', 'xscreensaver', 'dunst', 'l3afpad'];

/** GNOME behind its own greeter, which is what knows single sign-on. */
const GNOME = ['gdm3', 'gnome-shell', 'gnome-session', 'gnome-settings-daemon', 'xwayland', 'fonts-dejavu-core'];

/**
 * Two desktops that leave the size of the screen to others, and a sound server of each session; sessions are chosen by tests.
 * dconf keeps GLib's settings, which without it end with the program that sets them.
 */
const DESKTOPS = [
  ...['xfce4-session', 'xfwm4', 'xfdesktop4', 'xfce4-settings', 'xfconf'],
  ...['mate-session-manager', 'marco', 'mate-settings-daemon', 'mate-desktop-common', 'caja'],
  ...['libglib2.0-bin', 'dconf-gsettings-backend', 'adwaita-icon-theme'],
  ...['pipewire', 'pipewire-pulse', 'wireplumber', 'pulseaudio-utils'],
];

/** A compositor of the wlroots family, and a client that says where it sees the pointer. */
const SWAY = ['sway', 'kbd', 'wev', 'xwayland', 'fonts-dejavu-core'];

/** KDE Plasma without what configures it, and without a greeter: a test starts it. */
const PLASMA = ['kwin-wayland', 'plasma-desktop', 'kscreen', 'kbd', 'xwayland', 'fonts-dejavu-core'];

/** What looks at a Wayland session from inside: programs on Wayland and on Xwayland. */
const LOOKERS = ['wl-clipboard', 'xclip', 'python3-gi', 'gir1.2-gtk-4.0', 'libglib2.0-bin'];

/** The servers of the example freeze hooks. */
const DATABASES = ['postgresql', 'mariadb-server'];

const GIB = 1024 ** 3;

const COMPOSITORS = ['gnome', 'plasma', 'sway'] as const;
export type Compositor = (typeof COMPOSITORS)[number];

interface Content {
  /** Debian release. All of them run the kernel of the host's release. */
  readonly suite: string;
  readonly packages: readonly string[];
  readonly diskBytes: number;
  /** Has a screen that a SPICE client sees, and a user (alice) logged in there. */
  readonly desktop: boolean;
  /** Has a screen that a SPICE client sees, and what draws it with the processor once a test starts it. */
  readonly compositor?: Compositor;
}

/**
 * The guests there are: one per supported Debian release without a desktop and one with, one with Xfce and MATE, three with Wayland,
 * and one with databases.
 */
export const IMAGES = {
  bookworm: { suite: 'bookworm', packages: BASE, diskBytes: 2 * GIB, desktop: false },
  trixie: { suite: 'trixie', packages: BASE, diskBytes: 2 * GIB, desktop: false },
  desktop: { suite: 'bookworm', packages: [...BASE, ...DESKTOP, ...PROGRAMS], diskBytes: 3 * GIB, desktop: true },
  'desktop-trixie': { suite: 'trixie', packages: [...BASE, ...DESKTOP], diskBytes: 3 * GIB, desktop: true },
  desktops: { suite: 'bookworm', packages: [...BASE, ...DESKTOP, ...DESKTOPS], diskBytes: 4 * GIB, desktop: true },
  gnome: {
    suite: 'bookworm',
    packages: [...BASE, ...GNOME, ...LOOKERS],
    diskBytes: 4 * GIB,
    desktop: false,
    compositor: 'gnome',
  },
  plasma: {
    suite: 'trixie',
    packages: [...BASE, ...PLASMA, ...LOOKERS],
    diskBytes: 5 * GIB,
    desktop: false,
    compositor: 'plasma',
  },
  'gnome-trixie': {
    suite: 'trixie',
    packages: [...BASE, ...GNOME, ...LOOKERS],
    diskBytes: 5 * GIB,
    desktop: false,
    compositor: 'gnome',
  },
  sway: {
    suite: 'bookworm',
    packages: [...BASE, ...SWAY, ...LOOKERS],
    diskBytes: 3 * GIB,
    desktop: false,
    compositor: 'sway',
  },
  databases: { suite: 'bookworm', packages: [...BASE, ...DATABASES], diskBytes: 4 * GIB, desktop: false },
} as const satisfies Record<string, Content>;

export type ImageName = keyof typeof IMAGES;

/** Folder of the recipe's files. The test runner works in the checkout's top folder. */
export const recipeFolder = path.resolve('test/vm/image');

/** All an image is made from. */
export interface Recipe extends Content {
  readonly name: ImageName;
  /** Debian package of the kernel, like "linux-image-6.1.0-42-amd64". */
  readonly kernelPackage: string;
  /** Changes when the content, a file that has a part in it, or the kernel does. */
  readonly key: string;
}

/** @throws {AgentError} 'failed' where apt has no package lists of Debian */
export async function recipeFor(name: ImageName): Promise<Recipe> {
  const content = IMAGES[name];
  const kernelPackage = await newestKernel();
  const hash = createHash('sha256');
  hash.update(JSON.stringify([content, kernelPackage]));
  for (const file of filesOf(content)) hash.update(`\0${file}\0`).update(readFileSync(path.join(recipeFolder, file)));
  return { name, ...content, kernelPackage, key: hash.digest('hex').slice(0, 12) };
}

/** All but those of other kinds of guests, this table of all of them, and where they are kept. */
function filesOf({ desktop, compositor }: Content): string[] {
  const others = [...(desktop ? [] : ['desktop']), ...COMPOSITORS.filter((kind) => kind !== compositor)];
  return readdirSync(recipeFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(recipeFolder, path.join(entry.path, entry.name)))
    .filter((file) => !['recipe.ts', 'cache.ts'].includes(file))
    .filter((file) => !others.some((kind) => file.startsWith(`${kind}/`)))
    .sort();
}

async function newestKernel(): Promise<string> {
  const text = await run('apt-cache', ['depends', 'linux-image-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(text)?.[1];
  if (name === undefined) throw new AgentError('failed', 'apt knows no linux-image-amd64: apt-get update helps');
  return name;
}

/**
 * Lines for apt's sources.list: the host's Debian mirrors, turned to `suite`. So no address is written here, and a local
 * mirror stays in use.
 * @throws {AgentError} 'failed' where apt has no package lists of Debian
 */
export async function sourcesFor(suite: string): Promise<string> {
  const line = 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const text = await run('apt-get', ['indextargets', '--format', line, 'Created-By: Packages', 'Origin: Debian']);
  const host = Object.values(IMAGES).find((image) => text.includes(` ${image.suite} `));
  if (host === undefined) throw new AgentError('failed', 'apt has no Debian package lists: apt-get update helps');
  const lines = text.replaceAll(` ${host.suite}`, ` ${suite}`);
  // What is changed all the time has no updates beside it.
  return suite === 'sid' ? lines.replaceAll(/^.* sid-.*\n/gm, '') : lines;
}

/**
 * Apt's settings on how old a mirror may be, as the host has them: a mirror that is frozen on purpose is out of date for ever.
 * Signatures count all the same.
 */
export async function datesThatCount(): Promise<readonly string[]> {
  const text = await run('apt-config', ['dump', 'Acquire::Check-Valid-Until', 'Acquire::Check-Date']);
  return text.split('\n').filter((line) => line !== '');
}
