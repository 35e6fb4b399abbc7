import { isThere } from '#test/support/peers.js';

const QEMU = ['qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'mke2fs', 'cpio', 'modprobe', 'setpriv', 'flock'];
const SPICE = ['/usr/lib/python3/dist-packages/gi', '/usr/share/doc/gir1.2-spiceclientglib-2.0/copyright'];
const LIBVIRT = ['libvirtd', 'virsh', 'unshare'];

/** Why guests cannot be started on this machine, in the form node:test takes; false when they can. */
export const noGuests = reasonFor(QEMU);

/** The same for guests with a desktop, and their SPICE client. */
export const noDesktop = reasonFor([...QEMU, ...SPICE]);

/** Why there is no SPICE client here. */
export const noSpiceClient = missingOf(SPICE);

/** The same for guests under libvirt. */
export const noLibvirt = reasonFor([...QEMU, ...LIBVIRT]);

/** The same for guests under libvirt that have a desktop. */
export const noLibvirtDesktop = noDesktop || noLibvirt;

function reasonFor(programs: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'building a guest image needs root';
  if (!isThere('apt-get')) return 'guest images are made with the apt of a Debian host';
  return missingOf(programs);
}

function missingOf(programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isThere(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;
}
