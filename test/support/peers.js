/** The real programs that the peer and VM tests talk to, and how they come onto a Debian machine. */
import { createInterface } from 'node:readline/promises';
import { installCommand, installPackages, isThere } from '../../installer/apt.js';

export { isThere };

/** Program or file that shows a peer is there, and the Debian packages that bring it. */
const PEERS = [
  { probe: 'qemu-ga', packages: ['qemu-guest-agent'] },
  { probe: 'qemu-system-x86_64', packages: ['qemu-system-x86'] },
  { probe: 'qemu-img', packages: ['qemu-utils'] },
  { probe: 'mmdebstrap', packages: ['mmdebstrap'] },
  { probe: 'cpio', packages: ['cpio'] },
  { probe: 'modprobe', packages: ['kmod'] },
  { probe: 'mke2fs', packages: ['e2fsprogs'] },
  { probe: 'libvirtd', packages: ['libvirt-daemon', 'libvirt-daemon-system', 'libvirt-daemon-driver-qemu'] },
  { probe: 'virsh', packages: ['libvirt-clients'] },
  // A typelib lies in a folder named after the architecture; this file does not.
  { probe: '/usr/share/doc/gir1.2-spiceclientglib-2.0/copyright', packages: ['gir1.2-spiceclientglib-2.0'] },
  { probe: '/usr/lib/python3/dist-packages/gi', packages: ['python3-gi'] },
  { probe: 'spice-vdagentd', packages: ['spice-vdagent'] },
  { probe: 'groff', packages: ['groff-base'] },
  { probe: 'xmllint', packages: ['libxml2-utils', 'libvirt0'] },
  { probe: 'cc', packages: ['gcc', 'libc6-dev'] },
  { probe: '/usr/include/security/pam_ext.h', packages: ['libpam0g-dev'] },
  { probe: 'ip', packages: ['iproute2'] },
  { probe: '/usr/share/zoneinfo/tzdata.zi', packages: ['tzdata'] },
  { probe: 'socat', packages: ['socat'] },
  { probe: 'strace', packages: ['strace'] },
  { probe: 'dbus-daemon', packages: ['dbus'] },
  { probe: '/usr/lib/python3/dist-packages/dbusmock/__main__.py', packages: ['python3-dbusmock', 'python3-gi'] },
  { probe: 'Xvfb', packages: ['xvfb'] },
  { probe: 'Xorg', packages: ['xserver-xorg-core'] },
  {
    probe: '/usr/lib/xorg/modules/drivers/dummy_drv.so',
    packages: ['xserver-xorg-video-dummy'],
  },
  { probe: 'xclip', packages: ['xclip'] },
  { probe: 'xsel', packages: ['xsel'] },
  { probe: '/usr/share/doc/gir1.2-gtk-3.0/copyright', packages: ['gir1.2-gtk-3.0', 'python3-gi'] },
  { probe: '/usr/lib/python3/dist-packages/PyQt5/QtGui.abi3.so', packages: ['python3-pyqt5'] },
  { probe: 'xfce4-clipman', packages: ['xfce4-clipman'] },
  { probe: 'remote-viewer', packages: ['virt-viewer'] },
  { probe: 'autocutsel', packages: ['autocutsel'] },
  { probe: 'i3lock', packages: ['i3lock'] },
  { probe: 'xscreensaver', packages: ['xscreensaver'] },
  { probe: 'mate-screensaver', packages: ['mate-screensaver'] },
  { probe: 'mate-session', packages: ['mate-session-manager'] },
  { probe: 'gsettings', packages: ['libglib2.0-bin', 'gsettings-desktop-schemas'] },
  { probe: '/usr/share/glib-2.0/schemas/org.mate.background.gschema.xml', packages: ['mate-desktop-common'] },
  { probe: 'xfconf-query', packages: ['xfconf'] },
  { probe: 'kwriteconfig5', packages: ['libkf5config-bin'] },
  { probe: 'pulseaudio', packages: ['pulseaudio'] },
  { probe: 'pactl', packages: ['pulseaudio-utils'] },
  { probe: 'pipewire', packages: ['pipewire', 'pipewire-bin'] },
  { probe: 'pipewire-pulse', packages: ['pipewire-pulse'] },
  { probe: 'wpctl', packages: ['wireplumber'] },
  { probe: 'xfce4-session', packages: ['xfce4-session'] },
  { probe: 'lxqt-session', packages: ['lxqt-session'] },
  { probe: '/usr/libexec/gnome-session-binary', packages: ['gnome-session-bin'] },
  { probe: 'sway', packages: ['sway'] },
  { probe: 'weston', packages: ['weston'] },
  { probe: 'Xwayland', packages: ['xwayland'] },
  { probe: 'wl-copy', packages: ['wl-clipboard'] },
  { probe: 'wayland-info', packages: ['wayland-utils'] },
  { probe: 'setpriv', packages: ['util-linux'] },
  { probe: 'rpmbuild', packages: ['rpm'] },
  { probe: 'pacman', packages: ['pacman-package-manager'] },
  { probe: 'xrandr', packages: ['x11-xserver-utils'] },
  { probe: 'xdpyinfo', packages: ['x11-utils'] },
  { probe: 'dpkg-deb', packages: ['dpkg'] },
  { probe: 'kwin_wayland', packages: ['kwin-wayland'] },
  { probe: 'mutter', packages: ['mutter'] },
  { probe: 'strip', packages: ['binutils'] },
  { probe: 'lintian', packages: ['lintian'] },
];

export function missingPeers() {
  return PEERS.filter((peer) => !isThere(peer.probe));
}

/** @param {{ ask: boolean }} options */
export async function installPeers({ ask }) {
  const packages = missingPeers().flatMap((peer) => peer.packages);
  if (packages.length === 0) return;
  if (ask) {
    const command = installCommand(packages).join(' ');
    if (!process.stdin.isTTY) throw new Error(`missing: ${packages.join(' ')}; install them with: ${command}`);
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(`Run "${command}"? Services in them will not be started. [y/N] `);
    prompt.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error('not installed; plain "npm test" needs none of them');
  }
  installPackages(packages);
}
