import { readFileSync } from 'node:fs';
import { interfaceAddresses } from '#shared/native/network.ts';
import type { InterfaceStatistics, Network, NetworkAddress, NetworkInterface } from './network.ts';
import { parseProcNetDev } from './proc-net-dev.ts';

interface Draft {
  hardwareAddress?: string;
  readonly addresses: NetworkAddress[];
}

export function linuxNetwork(): Network {
  return {
    interfaces() {
      const drafts = new Map<string, Draft>();
      for (const entry of interfaceAddresses()) {
        const draft = drafts.get(entry.name) ?? { addresses: [] };
        drafts.set(entry.name, draft);
        if (entry.family === 'packet') draft.hardwareAddress = entry.hardwareAddress;
        else draft.addresses.push({ family: entry.family, address: entry.address, prefix: entry.prefix });
      }
      const statistics = parseProcNetDev(readFileSync('/proc/net/dev', 'latin1'));
      return Array.from(drafts, ([name, draft]) => finish(name, draft, drafts, statistics.get(name)));
    },
  };
}

function finish(
  name: string,
  { hardwareAddress, addresses }: Draft,
  all: ReadonlyMap<string, Draft>,
  statistics: InterfaceStatistics | undefined,
): NetworkInterface {
  // An alias such as eth0:1 has its interface's hardware address, as SIOCGIFHWADDR answers.
  const hardware = hardwareAddress ?? all.get(name.split(':')[0] ?? name)?.hardwareAddress;
  return {
    name,
    addresses,
    ...(hardware === undefined ? {} : { hardwareAddress: hardware }),
    ...(statistics === undefined ? {} : { statistics }),
  };
}
