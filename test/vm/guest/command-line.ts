import type { Image } from '../image/build.ts';

/** Host-side sockets of the agents' virtio-serial ports. */
export const PORTS = {
  qga: 'org.qemu.guest_agent.0',
  ovirt: 'ovirt-guest-agent.0',
  vdagent: 'com.redhat.spice.0',
} as const;

/**
 * Who has the host's end of a desktop's `vdagent` port: the SPICE server, or QEMU itself (its chardev qemu-vdagent), which then
 * has a VNC server for its clipboard.
 */
export type ClipboardHost = 'spice' | 'qemu';

/** Host-side sockets of a machine: of its ports, and of its SPICE and VNC servers; `vdagent` of a desktop is theirs. */
export type SocketName = keyof typeof PORTS | 'spice' | 'vnc';

export const SHELL_PORT = 'lab.exec.0';

/** Kernel command line; no security modules, nothing printed, predictable device names. */
export const KERNEL_OPTIONS = [
  ...['console=ttyS0', 'root=/dev/vda', 'rw', 'quiet', 'loglevel=3', 'mitigations=off', 'audit=0', 'selinux=0'],
  ...['apparmor=0', 'systemd.show_status=0', 'net.ifnames=0', 'tsc=reliable', 'no_timer_check', 'nowatchdog'],
  'random.trust_cpu=on',
].join(' ');

/** Where the parts of one machine are. */
export interface Files {
  readonly image: Image;
  /** The machine's own overlay. */
  readonly disk: string;
  /** Raw ext4 with what is under test. */
  readonly payload: string;
  /** Folder for sockets and the console's log. */
  readonly folder: string;
  /** Memory to continue from instead of booting. */
  readonly memory?: string;
  /** Display device of a desktop, with its options. Default: VGA. Not for a machine that continues from a saved state. */
  readonly display?: string;
  /** Of a desktop; default: the SPICE server. */
  readonly clipboardHost?: ClipboardHost;
  /** More devices. A machine that has some cannot continue from a saved state that has none. */
  readonly more?: readonly string[];
}

/**
 * QEMU's arguments. Emulation (TCG) on every machine: it works without /dev/kvm and inside containers, and a saved state
 * fits wherever it is read again. A state can only be read by a machine with the same devices in the same order.
 */
export function qemuArguments(files: Files): string[] {
  const socket = (name: string) => `${files.folder}/${name}`;
  const args = [
    ...['-machine', 'pc,usb=off,vmport=off,hpet=off', '-accel', 'tcg,thread=multi', '-cpu', cpuOf(files.image)],
    ...['-m', memoryOf(files.image), '-smp', '2', '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-kernel', files.image.kernel, '-initrd', files.image.initrd, '-append', KERNEL_OPTIONS],
    ...['-drive', `file=${files.disk},if=none,id=disk,format=qcow2,cache=unsafe`],
    ...['-device', 'virtio-blk-pci,drive=disk'],
    ...['-drive', `file=${files.payload},if=none,id=payload,format=raw,cache=unsafe,read-only=on`],
    ...['-device', 'virtio-blk-pci,drive=payload'],
    ...[
      '-device',
      'virtio-rng-pci',
      '-netdev',
      'user,id=net,restrict=on',
      '-device',
      'virtio-net-pci,netdev=net,romfile=',
    ],
    ...[
      '-chardev',
      `socket,id=console,path=${socket('console')},server=on,wait=off,logfile=${socket('console.log')}`,
      '-serial',
      'chardev:console',
    ],
    ...['-qmp', `unix:${socket('qmp')},server=on,wait=off`, '-monitor', `unix:${socket('monitor')},server=on,wait=off`],
    ...['-device', 'virtio-serial-pci,id=serial,max_ports=16'],
  ];
  const ports: readonly (readonly [id: string, name: string])[] = [...Object.entries(PORTS), ['shell', SHELL_PORT]];
  for (const [index, [id, name]] of ports.entries()) {
    const isHosts = hasSpice(files.image) && id === 'vdagent';
    args.push('-chardev', isHosts ? agentHost(files, id) : `socket,id=${id},path=${socket(id)},server=on,wait=off`);
    // QEMU tells of a port that the guest opens or closes (VSERPORT_CHANGE) only where the port has an id.
    args.push('-device', `virtserialport,bus=serial.0,nr=${index + 1},chardev=${id},name=${name},id=port-${id}`);
  }
  if (hasSpice(files.image)) {
    // With the other display devices the server tells the device, not the agent, which size the client wants.
    const display = files.display ?? (files.image.compositor ? 'virtio-vga,max_outputs=2' : 'VGA');
    args.push('-device', display, '-spice', `unix=on,addr=${socket('spice')},disable-ticketing=on,agent-mouse=on`);
  }
  if (files.clipboardHost === 'qemu') args.push('-vnc', `unix:${socket('vnc')}`);
  args.push(...(files.more ?? []));
  if (files.memory !== undefined) args.push('-incoming', `exec:cat ${files.memory}`);
  return args;
}

/** Its screen is a SPICE client's, and so is the agent's port. */
const hasSpice = ({ desktop, compositor }: Image) => desktop || compositor !== undefined;

/** What LLVM makes of a picture for AVX dies under the emulation of QEMU 7.2 (SIGSEGV in vpgatherdd), and the compositor with it. */
const cpuOf = ({ compositor }: Image) => (compositor ? 'max,avx=off,avx2=off,f16c=off,fma=off' : 'max');

function memoryOf(image: Image): string {
  if (image.compositor === 'gnome' || image.compositor === 'plasma') return '3072';
  return hasSpice(image) ? '1280' : '1024';
}

function agentHost({ clipboardHost }: Files, id: string): string {
  return clipboardHost === 'qemu'
    ? `qemu-vdagent,id=${id},name=vdagent,clipboard=on`
    : `spicevmc,id=${id},name=vdagent`;
}
