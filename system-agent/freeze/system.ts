import type { FileSystem, Plan } from './plan.ts';
import type { FreezeRecord } from './record.ts';

/** The process that thaws when this one cannot: guard/uga-freeze-guard.c. All calls reject when it is gone. */
export interface Guard {
  /** @param folder descriptor of the folder where it writes why it has thawed */
  recordIn(folder: number): Promise<void>;
  /** From now on it thaws what it holds `seconds` from now, and when this process ends. */
  lease(seconds: number): Promise<void>;
  /** @param fileSystem descriptor, of which it keeps a copy. Only under a lease */
  hold(fileSystem: number): Promise<void>;
  /** All is thawed. */
  forget(): Promise<void>;
  /** Idempotent. */
  close(): void;
}

export interface GuardEvents {
  /** It is thawing, and goes on until it is told to forget. */
  leaseEnded(): void;
  /** It has died; nobody guards any more. */
  lost(): void;
}

/** What freezing needs of the system. After `open` nothing here may touch a disk. */
export interface FreezeSystem {
  /** @throws {Error} when the system does not tell its mounts */
  plan(): Plan;
  /**
   * @returns descriptor, undefined when other mounts hide it everywhere
   * @throws {AgentError} 'failed', with qemu-ga's words
   */
  open(fileSystem: FileSystem): Promise<number | undefined>;
  close(fd: number): void;
  /**
   * @returns false when it cannot be frozen, or is frozen already
   * @throws {Error} errno error
   */
  freeze(fd: number): Promise<boolean>;
  /** However often it is frozen. @returns whether it was */
  thaw(fd: number): Promise<boolean>;
  startGuard(events: GuardEvents): Guard;
  /** Descriptor of the folder with the record; the caller closes it. */
  openRecordFolder(): number;
  readRecord(): FreezeRecord | undefined;
  /** Undefined: there is no freeze, and nothing to tell. */
  writeRecord(record: FreezeRecord | undefined): void;
  /** Whether a process is the agent that has written the record and still runs. */
  isOtherAgent(pid: number): boolean;
  /** The file by which qemu-ga says that it has left the guest frozen. */
  readonly original: { exists(): boolean; remove(): void };
  /** Milliseconds that never jump. */
  now(): number;
}
