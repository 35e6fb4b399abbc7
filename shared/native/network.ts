import koffi from 'koffi';
import { type Address, checked, libc, systemError } from './libc.ts';

/** One row of getifaddrs(3): an interface's link, or one address of it. Addresses may carry a label ("eth0:1"). */
export type InterfaceEntry =
  | {
      readonly family: 'packet';
      readonly name: string;
      /** First six bytes, padded with zeros, as SIOCGIFHWADDR gives them: "02:fc:00:00:00:05". */
      readonly hardwareAddress: string;
      /** Switched on by the administrator, with or without a carrier: IFF_UP. */
      readonly up: boolean;
      readonly loopback: boolean;
    }
  | {
      readonly family: 'ipv4' | 'ipv6';
      readonly name: string;
      /** As inet_ntop(3) prints it; link-local addresses without their scope. */
      readonly address: string;
      /** Length of the network part in bits. */
      readonly prefix: number;
    };

interface Row {
  ifa_next: Address;
  ifa_name: Address;
  ifa_flags: number;
  ifa_addr: Address;
  ifa_netmask: Address;
}

const ifaddrs = koffi.struct({
  ifa_next: 'void *',
  ifa_name: 'void *',
  ifa_flags: 'unsigned int',
  ifa_addr: 'void *',
  ifa_netmask: 'void *',
  ifa_ifu: 'void *',
  ifa_data: 'void *',
});
const getifaddrs: (list: [Address]) => number = libc.func('int getifaddrs(_Out_ void **list)');
const freeifaddrs: (list: Address) => void = libc.func('void freeifaddrs(void *list)');
const inetNtop: (family: number, address: Uint8Array, text: Uint8Array, size: number) => Address = libc.func(
  'void *inet_ntop(int family, const void *address, void *text, unsigned int size)',
);

const INET6_ADDRSTRLEN = 46;
const HARDWARE_ADDRESS_LENGTH = 6;
/** netdevice(7) */
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

/** Where `struct sockaddr_in`, `_in6` and `_ll` keep their address. ip(7), ipv6(7), packet(7) */
const LAYOUT = {
  packet: { family: 17, offset: 12, size: HARDWARE_ADDRESS_LENGTH },
  ipv4: { family: 2, offset: 4, size: 4 },
  ipv6: { family: 10, offset: 8, size: 16 },
} as const;
const familyOf: (address: Address) => number = koffi.decode.uint16;
const bytesTypes = {
  packet: koffi.array('uint8', LAYOUT.packet.offset + LAYOUT.packet.size, 'Typed'),
  ipv4: koffi.array('uint8', LAYOUT.ipv4.offset + LAYOUT.ipv4.size, 'Typed'),
  ipv6: koffi.array('uint8', LAYOUT.ipv6.offset + LAYOUT.ipv6.size, 'Typed'),
};

/**
 * Every interface and address, in the kernel's order: links first, then IPv4, then IPv6.
 * @throws {Error} errno error
 */
export function interfaceAddresses(): InterfaceEntry[] {
  const list: [Address] = [null];
  checked(getifaddrs(list), 'getifaddrs');
  try {
    const entries: InterfaceEntry[] = [];
    let next = list[0];
    while (next !== null) {
      const row: Row = koffi.decode(next, ifaddrs);
      const entry = entryOf(row);
      if (entry !== undefined) entries.push(entry);
      next = row.ifa_next;
    }
    return entries;
  } finally {
    freeifaddrs(list[0]);
  }
}

function entryOf(row: Row): InterfaceEntry | undefined {
  if (row.ifa_name === null) return undefined;
  const name = koffi.decode.string(row.ifa_name);
  const family = row.ifa_addr === null ? LAYOUT.packet.family : familyOf(row.ifa_addr);
  switch (family) {
    case LAYOUT.packet.family:
      return {
        family: 'packet',
        name,
        hardwareAddress: hardwareAddressOf(row.ifa_addr),
        up: (row.ifa_flags & IFF_UP) !== 0,
        loopback: (row.ifa_flags & IFF_LOOPBACK) !== 0,
      };
    case LAYOUT.ipv4.family:
      return { family: 'ipv4', name, address: textOf('ipv4', row.ifa_addr), prefix: prefixOf('ipv4', row.ifa_netmask) };
    case LAYOUT.ipv6.family:
      return { family: 'ipv6', name, address: textOf('ipv6', row.ifa_addr), prefix: prefixOf('ipv6', row.ifa_netmask) };
    default:
      return undefined;
  }
}

/** Links without an address of their own (tun) have a row without one; the kernel's ioctl says zeros for them. */
function hardwareAddressOf(address: Address): string {
  const bytes = address === null ? new Uint8Array(HARDWARE_ADDRESS_LENGTH) : bytesOf('packet', address);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

const text = Buffer.alloc(INET6_ADDRSTRLEN);

function textOf(family: 'ipv4' | 'ipv6', address: Address): string {
  if (inetNtop(LAYOUT[family].family, bytesOf(family, address), text, text.length) === null) {
    throw systemError('inet_ntop');
  }
  return text.toString('latin1', 0, text.indexOf(0));
}

function prefixOf(family: 'ipv4' | 'ipv6', netmask: Address): number {
  if (netmask === null) return 0;
  let bits = 0;
  for (let byte of bytesOf(family, netmask)) {
    for (; byte !== 0; byte &= byte - 1) bits++;
  }
  return bits;
}

function bytesOf(family: keyof typeof LAYOUT, address: Address): Uint8Array {
  const bytes: Uint8Array = koffi.decode(address, bytesTypes[family]);
  return bytes.subarray(LAYOUT[family].offset);
}
