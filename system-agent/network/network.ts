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

/** A way that the kernel knows for packets; numbers as the kernel has them. */
export type Route =
  | {
      readonly version: 4;
      readonly interface: string;
      readonly destination: string;
      readonly gateway: string;
      readonly mask: string;
      readonly metric: number;
      readonly flags: number;
      readonly references: number;
      readonly use: number;
      readonly mtu: number;
      readonly window: number;
      readonly initialRoundTrip: number;
    }
  | {
      readonly version: 6;
      readonly interface: string;
      readonly destination: string;
      /** Bits. */
      readonly destinationPrefix: number;
      readonly source: string;
      readonly sourcePrefix: number;
      readonly nextHop: string;
      readonly metric: number;
      readonly flags: number;
      readonly references: number;
      readonly use: number;
    };

export interface Network {
  /** All interfaces, up or down, loopback included, in the kernel's order. */
  interfaces(): readonly NetworkInterface[];
  /**
   * The main table of IPv4, then the tables of IPv6, each in the kernel's order.
   * @throws {AgentError} 'failed' when there are more than a host could want (S5)
   */
  routes(): readonly Route[];
  /**
   * Calls back after interfaces or their addresses have changed: for a burst several times, now and then for nothing.
   * @throws {Error} when the system does not tell changes
   */
  onChange(listener: () => void): Disposable;
}
