import type { FileSystem } from '#system-agent/freeze/plan.ts';
import type { FreezeRecord } from '#system-agent/freeze/record.ts';
import type { FreezeSystem, Guard, GuardEvents } from '#system-agent/freeze/system.ts';

/** A system without disks: what is done to it is written down in order. */
export class FakeFreezeSystem implements FreezeSystem {
  readonly said: string[] = [];
  readonly frozen = new Set<string>();
  record: FreezeRecord | undefined;
  leftByOriginal = false;
  othersAlive = false;
  guardFails = false;
  time = 0;
  events: GuardEvents | undefined;
  /** What freezing a mount point does instead of succeeding. */
  readonly trouble = new Map<string, () => Promise<boolean>>();
  readonly #open: string[] = [];

  constructor(private readonly mountPoints: readonly string[]) {}

  get openDescriptors(): number {
    return this.#open.filter((one) => one !== '').length;
  }

  plan() {
    return { fileSystems: this.mountPoints.map(fileSystem), leftOut: [] };
  }

  async open({ mountPoints }: FileSystem): Promise<number> {
    return this.#open.push(mountPoints[0]?.text ?? '') - 1;
  }

  close(fd: number): void {
    this.#open[fd] = '';
  }

  async freeze(fd: number): Promise<boolean> {
    const name = this.#nameOf(fd);
    this.said.push(`freeze ${name}`);
    const done = (await this.trouble.get(name)?.()) ?? true;
    if (done) this.frozen.add(name);
    return done;
  }

  async thaw(fd: number): Promise<boolean> {
    const name = this.#nameOf(fd);
    if (!this.frozen.delete(name)) return false;
    this.said.push(`thaw ${name}`);
    return true;
  }

  startGuard(events: GuardEvents): Guard {
    if (this.guardFails) throw new Error('no guard');
    this.events = events;
    return {
      recordIn: async () => {},
      lease: async (seconds) => void this.said.push(`lease ${seconds}`),
      hold: async (fd) => void this.said.push(`hold ${this.#nameOf(fd)}`),
      forget: async () => void this.said.push('forget'),
      close: () => {},
    };
  }

  openRecordFolder(): number {
    return this.#open.push('folder') - 1;
  }

  readRecord(): FreezeRecord | undefined {
    return this.record;
  }

  writeRecord(record: FreezeRecord | undefined): void {
    this.record = record;
  }

  isOtherAgent(): boolean {
    return this.othersAlive;
  }

  readonly original = {
    exists: () => this.leftByOriginal,
    remove: () => {
      this.leftByOriginal = false;
    },
  };

  now(): number {
    return this.time;
  }

  #nameOf(fd: number): string {
    const name = this.#open[fd];
    if (!name) throw new Error(`descriptor ${fd} is closed`);
    return name;
  }
}

function fileSystem(text: string): FileSystem {
  return { type: 'ext4', device: { major: 8, minor: 1 }, mountPoints: [{ text, path: Buffer.from(text) }] };
}
