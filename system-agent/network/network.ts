export interface NetworkAddress {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefix: number;
}

/** Counters since the interface came up; 64 bits. */
export interface InterfaceStatistics {
  readonly rxBytes: bigint;
  readonly rxPackets: bigint;
  readonly rxErrors: bigint;
  readonly rxDropped: bigint;
  readonly txBytes: bigint;
  readonly txPackets: bigint;
  readonly txErrors: bigint;
  readonly txDropped: bigint;
}

export interface NetworkInterface {
  /** As the kernel labels it; an alias is an entry of its own, `eth0:1`. */
  readonly name: string;
  /** Lower-case colon form. */
  readonly hardwareAddress?: string;
  /** Switched on, with or without a carrier; an alias as its interface. */
  readonly up: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly NetworkAddress[];
  readonly statistics?: InterfaceStatistics;
}

export interface Network {
  /** All interfaces, up or down, loopback included, in the kernel's order. */
  interfaces(): readonly NetworkInterface[];
  /**
   * Calls back after interfaces or their addresses have changed: for a burst several times, now and then for nothing.
   * @throws {Error} when the system does not tell changes
   */
  onChange(listener: () => void): Disposable;
}
