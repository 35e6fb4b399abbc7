import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import { Companion, run } from '../support/process.ts';
import { until } from '../support/wait.ts';

const SCRIPTS = path.resolve('test/vm/libvirt');
const UP_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 60_000;

/**
 * A libvirtd of our own that leaves the machine as it is. Its guests live in its pid namespace: when it is disposed, or the
 * test process dies, the kernel ends them all.
 */
export class Libvirt implements AsyncDisposable {
  private constructor(
    /** For sockets and disks of guests; removed at the end. */
    readonly folder: string,
    private readonly daemon: Companion,
  ) {}

  static async start(): Promise<Libvirt> {
    const folder = await mkdtemp(path.join(tmpdir(), 'uga-lv-'));
    await mkdir(path.join(folder, 'etc'));
    await copyFile(path.join(SCRIPTS, 'qemu.conf'), path.join(folder, 'etc', 'qemu.conf'));
    const log = path.join(folder, 'libvirtd.log');
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const command = [...namespaces, '--', path.join(SCRIPTS, 'libvirtd.sh'), folder];
    const libvirt = new Libvirt(folder, await Companion.start('unshare', command, log));
    try {
      await until(UP_TIMEOUT_MS, 'libvirtd', () => libvirt.#answers(log));
    } catch (error) {
      await libvirt[Symbol.asyncDispose]();
      throw error;
    }
    return libvirt;
  }

  /**
   * What virsh printed, without blank space around it.
   * @throws {AgentError} 'failed' with virsh's error text
   */
  async virsh(...args: readonly string[]): Promise<string> {
    const text = await run('virsh', args, { timeoutMs: COMMAND_TIMEOUT_MS, env: this.#environment });
    return text.trim();
  }

  /** Runs virsh beside the test, for what it prints over time. */
  async watch(log: string, ...args: readonly string[]): Promise<Companion> {
    return Companion.start(
      'env',
      [`LIBVIRT_DEFAULT_URI=${this.#environment.LIBVIRT_DEFAULT_URI}`, 'virsh', ...args],
      log,
    );
  }

  get #environment() {
    const socket = path.join(this.folder, 'run', 'libvirt', 'libvirt-sock');
    return { LIBVIRT_DEFAULT_URI: `qemu:///system?socket=${socket}` };
  }

  async #answers(log: string): Promise<true | undefined> {
    if (!this.daemon.running) throw new AgentError('failed', `libvirtd ended: ${await readFile(log, 'utf8')}`);
    return this.virsh('version').then(
      () => true,
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
