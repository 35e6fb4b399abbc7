import { existsSync, readFileSync } from 'node:fs';
import { readText } from '#shared/files.ts';
import { type InterfaceEntry, interfaceAddresses } from '#shared/native/network.ts';
import { watchNetwork } from '#shared/native/network-changes.ts';
import type { InterfaceStatistics, Network, NetworkAddress, NetworkInterface } from './network.ts';
import { parseProcNetDev } from './proc-net-dev.ts';
import { parseIpv4Routes, parseIpv6Routes } from './proc-net-route.ts';

type Link = Extract<InterfaceEntry, { family: 'packet' }>;

interface Draft {
  link?: Link;
  readonly addresses: NetworkAddress[];
}

export function linuxNetwork(): Network {
  return {
    interfaces() {
      const drafts = new Map<string, Draft>();
      for (const entry of interfaceAddresses()) {
        const draft = drafts.get(entry.name) ?? { addresses: [] };
        drafts.set(entry.name, draft);
        if (entry.family === 'packet') draft.link = entry;
        else draft.addresses.push({ family: entry.family, address: entry.address, prefix: entry.prefix });
      }
      const statistics = parseProcNetDev(readFileSync('/proc/net/dev', 'latin1'));
      return Array.from(drafts, ([name, draft]) => finish(name, draft, drafts, statistics.get(name)));
    },
    routes() {
      // IPv6 can be switched off, and with it the file.
      const ipv6 = existsSync('/proc/net/ipv6_route') ? readText('/proc/net/ipv6_route', 'latin1') : '';
      return [...parseIpv4Routes(readText('/proc/net/route', 'latin1')), ...parseIpv6Routes(ipv6)];
    },
    onChange(listener) {
      const watch = watchNetwork(listener);
      return { [Symbol.dispose]: () => watch.close() };
    },
  };
}

function finish(
  name: string,
  draft: Draft,
  all: ReadonlyMap<string, Draft>,
  statistics: InterfaceStatistics | undefined,
): NetworkInterface {
  // An alias such as eth0:1 has its interface's hardware address, as SIOCGIFHWADDR answers.
  const link = draft.link ?? all.get(name.split(':')[0] ?? name)?.link;
  return {
    name,
    addresses: draft.addresses,
    up: link?.up ?? true, // a label is free text: what has an address and no link of that name is in use
    loopback: link?.loopback ?? false,
    ...(link === undefined ? {} : { hardwareAddress: link.hardwareAddress }),
    ...(statistics === undefined ? {} : { statistics }),
  };
}
