import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentError } from '#shared/errors.ts';
import type { Image } from '../image/build.ts';
import { Companion, run } from '../support/process.ts';
import { until, within } from '../support/wait.ts';
import { type ClipboardHost, type Files, qemuArguments, type SocketName } from './command-line.ts';
import { makeEmptyPayload, makePayload } from './payload.ts';
import { Qmp } from './qmp.ts';
import { RootShell } from './root-shell.ts';

/** How a machine comes up. */
export interface Start {
  readonly image: Image;
  /** Disk below the machine's overlay: the image's, or that of a saved state. */
  readonly disk: string;
  /** Memory of a saved state. Without it the machine boots. */
  readonly memory?: string;
  /** Folder to be seen in the guest at /opt/uga. */
  readonly payload?: string;
  /** Another display device than the one of saved states. */
  readonly display?: string;
  /** Of a desktop; default: the SPICE server. */
  readonly clipboardHost?: ClipboardHost;
  /** More of QEMU's arguments, for a machine that boots; made when the folder for its files is there. */
  readonly more?: (folder: string) => Promise<readonly string[]>;
}

/** A cold boot takes about 10 s on an idle machine, and much longer on a busy one. */
const READY_TIMEOUT_MS = 180_000;
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * A guest in QEMU with throw-away disks and a folder for its sockets. Dispose it to end QEMU; when the test process dies,
 * QEMU dies with it.
 */
export class Machine implements AsyncDisposable {
  private constructor(
    readonly files: Files,
    readonly qmp: Qmp,
    readonly shell: RootShell,
    private readonly qemu: Companion,
  ) {}

  /** Comes back when the guest's root shell answers. */
  static async start(start: Start): Promise<Machine> {
    // Short and not in the checkout: a unix socket's path ends at 107 bytes.
    const folder = await mkdtemp(path.join(tmpdir(), 'uga-vm-'));
    const more = await start.more?.(folder);
    const files: Files = {
      image: start.image,
      disk: path.join(folder, 'disk.qcow2'),
      payload: path.join(folder, 'payload.raw'),
      folder,
      ...(start.memory !== undefined && { memory: start.memory }),
      ...(more !== undefined && { more }),
      ...(start.display !== undefined && { display: start.display }),
      ...(start.clipboardHost !== undefined && { clipboardHost: start.clipboardHost }),
    };
    let qemu: Companion | undefined;
    try {
      await makeOverlay(files.disk, start.disk);
      if (start.payload === undefined) await makeEmptyPayload(files.payload);
      else await makePayload(files.payload, start.payload);
      qemu = await Companion.start('qemu-system-x86_64', qemuArguments(files), path.join(folder, 'qemu.log'));
      return await Machine.#connect(start, files, qemu);
    } catch (error) {
      await qemu?.stop();
      const said = await logsOf(folder);
      await rm(folder, { recursive: true });
      throw new AgentError('failed', `the guest did not start: ${error}\n${said}`, { cause: error });
    }
  }

  static async #connect(start: Start, files: Files, qemu: Companion): Promise<Machine> {
    const alive = () => {
      if (!qemu.running) throw new AgentError('failed', 'QEMU ended');
    };
    const qmp = await Qmp.connect(path.join(files.folder, 'qmp'), CONNECT_TIMEOUT_MS, alive);
    if (start.memory !== undefined) await qmp.continueSaved(CONNECT_TIMEOUT_MS);
    const shell = await RootShell.connect(path.join(files.folder, 'shell'), READY_TIMEOUT_MS, alive);
    if (start.payload !== undefined) await mountPayload(shell);
    return new Machine(files, qmp, shell, qemu);
  }

  /** Path of the host's end of an agent's port, a listening unix socket that takes one client at a time; or SPICE's. */
  socketOf(port: SocketName): string {
    return path.join(this.files.folder, port);
  }

  /** QEMU's process on the host. */
  get pid(): number {
    return this.qemu.pid;
  }

  /** Settles when QEMU has ended for whatever reason. */
  get qemuEnded(): Promise<void> {
    return this.qemu.exited;
  }

  /**
   * Waits until the guest has switched itself off and QEMU has ended because of that. Call it before it happens.
   * @throws {AgentError} 'timeout', or 'failed' when QEMU ended for another reason
   */
  async poweredOff(timeoutMs: number): Promise<void> {
    const { reason } = await this.qmp.event('SHUTDOWN', timeoutMs);
    if (reason !== 'guest-shutdown') throw new AgentError('failed', `QEMU ended: ${reason}`);
    await within(timeoutMs, 'QEMU to end', this.qemu.exited);
  }

  /** Waits until a text has appeared on the guest's serial console. @throws {AgentError} 'timeout' */
  async printed(text: string, timeoutMs: number): Promise<void> {
    const log = path.join(this.files.folder, 'console.log');
    await until(
      timeoutMs,
      `"${text}" on the console`,
      async () => (await readFile(log, 'utf8')).includes(text) || undefined,
    );
  }

  /** Ends QEMU, keeps the disks: for saving them. */
  async quit(): Promise<void> {
    await this.qemu.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shell[Symbol.dispose]();
    this.qmp[Symbol.dispose]();
    await this.qemu.stop();
    await rm(this.files.folder, { recursive: true, force: true });
  }
}

export async function makeOverlay(file: string, base: string): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, file]);
}

/** Copies an overlay into one that stands on `base` alone, with what was in the overlays between. */
export async function makeStandalone(overlay: string, base: string, file: string): Promise<void> {
  await copyFile(overlay, file);
  await run('qemu-img', ['rebase', '-F', 'qcow2', '-b', base, file]);
}

/** A resumed kernel still remembers the disk as it was when the state was saved. */
async function mountPayload(shell: RootShell): Promise<void> {
  await shell.run('blockdev --flushbufs /dev/vdb && mount -t ext4 -o ro /dev/vdb /opt/uga');
}

async function logsOf(folder: string): Promise<string> {
  const texts = await Promise.all(
    ['qemu.log', 'console.log'].map((name) => readFile(path.join(folder, name), 'utf8').catch(() => '')),
  );
  return texts.map((text) => text.slice(-2000)).join('\n');
}
