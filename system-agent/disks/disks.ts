/** Numbers by which the kernel knows a block device. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

export interface PciAddress {
  readonly domain: number;
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
}

/** Address of a device on a channel subsystem (s390x). */
export interface CcwAddress {
  readonly cssid: number;
  readonly ssid: number;
  readonly subchno: number;
  readonly devno: number;
}

/** What a disk is attached to. The words are those of guest-get-fsinfo. */
export type BusType = 'ide' | 'scsi' | 'virtio' | 'sata' | 'nvme' | 'usb' | 'unknown';

/** Where a host finds the disk among those it gave the guest. */
export interface DiskAddress {
  /** Of the controller; undefined when it is not on a PCI bus. */
  readonly pci: PciAddress | undefined;
  readonly busType: BusType;
  readonly bus: number;
  readonly target: number;
  readonly unit: number;
  /** As udev has put it together from what the device says. */
  readonly serial: string | undefined;
  /** Device node: of the disk, or of the partition that was asked for. */
  readonly device: string | undefined;
  readonly ccw: CcwAddress | undefined;
}

/** A disk or a partition. */
export interface BlockDevice {
  /** Device node. */
  readonly name: string;
  readonly partition: boolean;
  /** Device nodes of what it is made from: a partition's disk, the parts of a device-mapper or RAID device. */
  readonly dependencies: readonly string[] | undefined;
  readonly address: DiskAddress | undefined;
  /** Name of a device-mapper device. */
  readonly alias: string | undefined;
}

/** Counters of a block device since the system started; those a kernel does not have are absent. */
export interface DiskCounters {
  readonly readIos?: bigint;
  readonly readMerges?: bigint;
  readonly readSectors?: bigint;
  /** Milliseconds, as all ticks here. */
  readonly readTicks?: bigint;
  readonly writeIos?: bigint;
  readonly writeMerges?: bigint;
  readonly writeSectors?: bigint;
  readonly writeTicks?: bigint;
  readonly iosInProgress?: bigint;
  readonly totalTicks?: bigint;
  readonly weightTicks?: bigint;
  readonly discardIos?: bigint;
  readonly discardMerges?: bigint;
  readonly discardSectors?: bigint;
  readonly discardTicks?: bigint;
  readonly flushIos?: bigint;
  readonly flushTicks?: bigint;
}

export interface DiskStatistics extends DeviceNumber, DiskCounters {
  /** As the kernel calls it: "vda1". */
  readonly name: string;
}

/** The disks below a file system. */
export interface Underlay {
  /** The block device as the kernel calls it, "dm-3". */
  readonly name: string;
  readonly disks: readonly DiskAddress[];
}

export interface Disks {
  /** Every disk that has a size, each behind its own partitions; the latest first. */
  list(): Promise<readonly BlockDevice[]>;
  /** What a block device lies on: itself, or for LVM, RAID and encryption all disks at the bottom. */
  under(device: DeviceNumber): Underlay;
  /** In the kernel's order. @throws {Error} when the system does not tell */
  statistics(): readonly DiskStatistics[];
}
