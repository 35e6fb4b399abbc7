import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { KERNEL_OPTIONS, PORTS, SHELL_PORT } from '../guest/command-line.ts';
import { ensureInstalledState } from '../guest/installed.ts';
import { makeOverlay } from '../guest/machine.ts';
import { makeEmptyPayload, makePayload } from '../guest/payload.ts';
import { RootShell } from '../guest/root-shell.ts';
import { ensureImage, type Image } from '../image/build.ts';
import type { ImageName } from '../image/recipe.ts';
import type { Companion } from '../support/process.ts';
import { until } from '../support/wait.ts';
import type { Libvirt } from './libvirt.ts';

const BOOT_TIMEOUT_MS = 180_000;
const REBOOT_TIMEOUT_MS = 120_000;
const EVENTS_TIMEOUT_MS = 30_000;

/** A guest that libvirt has started, with our package installed; its agent comes up with it. */
export class Domain implements AsyncDisposable {
  private constructor(
    private readonly libvirt: Libvirt,
    readonly name: string,
    private rootShell: RootShell,
    private readonly file: (end: string) => string,
  ) {}

  /** @param payload folder whose content is on the second disk */
  static async boot(
    libvirt: Libvirt,
    name: string,
    imageName: ImageName = 'bookworm',
    payload?: string,
  ): Promise<Domain> {
    const image = await ensureImage(imageName);
    const file = (end: string) => path.join(libvirt.folder, `${name}.${end}`);
    const { disk } = await ensureInstalledState(image);
    await makeOverlay(file('qcow2'), disk);
    await (payload === undefined ? makeEmptyPayload(file('raw')) : makePayload(file('raw'), payload));
    await writeFile(file('xml'), describeDomain(name, image, file));
    await libvirt.virsh('create', file('xml'));
    const shell = await RootShell.connect(file('shell'), BOOT_TIMEOUT_MS);
    return new Domain(libvirt, name, shell, file);
  }

  get shell(): RootShell {
    return this.rootShell;
  }

  /**
   * After a reboot: its shell answers again. An emulated machine may stop on its way up, long before any program of the guest
   * runs; it is reset once then.
   * @returns what its console said if that happened
   */
  async isBack(): Promise<string | undefined> {
    this.rootShell[Symbol.dispose]();
    try {
      this.rootShell = await RootShell.connect(this.file('shell'), REBOOT_TIMEOUT_MS);
      return undefined;
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'timeout') throw error;
      const said = (await readFile(this.file('console'), 'utf8')).slice(-2000);
      await this.virsh('reset');
      this.rootShell = await RootShell.connect(this.file('shell'), BOOT_TIMEOUT_MS);
      return said;
    }
  }

  /** Path of a listening unix socket that is not libvirt's own: oVirt's port, and the SPICE server of a desktop. */
  socketOf(port: 'ovirt' | 'spice'): string {
    return this.file(port);
  }

  /** virsh with this domain as the first argument of its command. */
  virsh(command: string, ...args: readonly string[]): Promise<string> {
    return this.libvirt.virsh(command, this.name, ...args);
  }

  /** The answer to a command of the agent, through libvirt. @throws with libvirt's text when the agent says no */
  async ask(request: object): Promise<unknown> {
    const answer = await this.virsh('qemu-agent-command', '--timeout', '20', JSON.stringify(request));
    return JSON.parse(answer).return;
  }

  /** libvirt's view of the agent's port: "connected" or "disconnected". */
  async channelState(): Promise<string | undefined> {
    const target = await this.virsh('dumpxml', '--xpath', `//channel/target[@name="${PORTS.qga}"]`);
    return /state="(\w+)"/.exec(target)?.[1];
  }

  async channelBecomes(state: 'connected' | 'disconnected', timeoutMs: number): Promise<void> {
    await until(timeoutMs, `the channel to be ${state}`, async () =>
      (await this.channelState()) === state ? true : undefined,
    );
  }

  /**
   * Writes libvirt's events about this domain to a file, until disposed. virsh does not say when it listens, so the domain
   * is paused and resumed until that shows.
   */
  async watchEvents(log: string): Promise<Companion> {
    const watching = await this.libvirt.watch(log, 'event', this.name, '--all', '--loop');
    await until(EVENTS_TIMEOUT_MS, 'events of libvirt', async () => {
      await this.virsh('suspend');
      await this.virsh('resume');
      return (await readFile(log, 'utf8')).includes('Resumed') || undefined;
    });
    return watching;
  }

  /** Waits until libvirt has the domain no more: it is transient, so that is its end. */
  async gone(timeoutMs: number): Promise<void> {
    await until(timeoutMs, `the end of domain ${this.name}`, async () => {
      const names = await this.libvirt.virsh('list', '--name');
      return names.split('\n').includes(this.name) ? undefined : true;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shell[Symbol.dispose]();
    await this.virsh('destroy').catch(() => {}); // it may have ended by itself, as it should in one test
  }
}

function describeDomain(name: string, image: Image, file: (end: string) => string): string {
  return `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>${image.desktop ? 1280 : 1024}</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${image.kernel}</kernel>
    <initrd>${image.initrd}</initrd>
    <cmdline>${KERNEL_OPTIONS}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='maximum'/>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='unsafe'/>
      <source file='${file('qcow2')}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='unsafe'/>
      <source file='${file('raw')}'/>
      <target dev='vdb' bus='virtio'/>
      <readonly/>
    </disk>
    <controller type='virtio-serial' index='0'/>
    <channel type='unix'>
      <source mode='bind'/>
      <target type='virtio' name='${PORTS.qga}'/>
    </channel>
    <channel type='unix'>
      <source mode='bind' path='${file('shell')}'/>
      <target type='virtio' name='${SHELL_PORT}'/>
    </channel>
    <channel type='unix'>
      <source mode='bind' path='${file('ovirt')}'/>
      <target type='virtio' name='${PORTS.ovirt}'/>
    </channel>
    ${image.desktop ? describeDesktop(file('spice')) : ''}
    <interface type='user'><model type='virtio'/><rom enabled='no'/></interface>
    <serial type='file'><source path='${file('console')}'/></serial>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
`;
}

/** The screen that a SPICE client sees, and the port through which its server speaks to the agent. */
function describeDesktop(socket: string): string {
  return `<channel type='spicevmc'><target type='virtio' name='${PORTS.vdagent}'/></channel>
    <graphics type='spice'><listen type='socket' socket='${socket}'/><mouse mode='client'/></graphics>
    <video><model type='vga'/></video>`;
}
