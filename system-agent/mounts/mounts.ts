import type { DeviceNumber } from '../disks/disks.ts';

/** A mounted file system; its number is that of the block device it lies on. */
export interface Mount extends DeviceNumber {
  /** For people and hosts; what is not UTF-8 in it is replaced. */
  readonly mountPoint: string;
  /** The same for the system, which takes any byte. */
  readonly path: Uint8Array;
  /** "ext4" */
  readonly type: string;
}

export interface FileSystemSize {
  /** Bytes. */
  readonly used: bigint;
  /** Used, and free for users other than root. */
  readonly total: bigint;
  /** With what is kept for root. */
  readonly privilegedTotal: bigint;
}

export interface Mounts {
  /**
   * Local file systems in the order in which they were mounted, each once, where it was mounted first: no network, no
   * memory, and none without a device.
   * @throws {Error} when the system does not tell
   */
  list(): readonly Mount[];
  /**
   * Every file system that can be seen, with or without a device here, in the order in which they were mounted; of several
   * at one place the one on top. Without a device its number is one that the kernel has made up.
   * @throws {Error} when the system does not tell
   */
  all(): readonly Mount[];
  /** Undefined when it cannot be told, or not soon: a file system with a program behind it may never answer. */
  sizeOf(mount: Mount): Promise<FileSystemSize | undefined>;
  /**
   * Calls back after something was mounted or unmounted: for a burst several times, now and then for nothing.
   * @throws {Error} when the system does not tell changes
   */
  onChange(listener: () => void): Disposable;
}

export interface Trim {
  /** Bytes that were free and that the device now knows of. */
  readonly trimmed: bigint;
  /** Bytes; the least range that was told, as the file system has rounded it. */
  readonly minimum: bigint;
}

/** Gives unused blocks back to the host. */
export interface Trimmer {
  /**
   * @param minimum bytes; smaller free ranges are left alone
   * @throws {AgentError} with the words that qemu-ga has for it: 'unsupported' when the file system or its device cannot
   */
  trim(mount: Mount, minimum: bigint): Promise<Trim>;
}
