import type { NetworkInterface } from '../../network/network.ts';
import { bounded } from '../bounded.ts';
import { defineReport, type Members } from '../report.ts';

/** A guest full of containers has thousands; a line has a limit beyond which the host drops it (S5). */
const MAX_INTERFACES = 256;
const MAX_ADDRESSES = 64;

/** Interfaces that are up, loopback aside. Hosts find the virtual machine's own by their hardware address. */
export const networkInterfaces = defineReport({
  name: 'network-interfaces',
  since: 0,
  needs: ['network'],

  collect({ network }, { ignoredNics }) {
    const parts = new Map<string, NetworkInterface[]>();
    for (const part of network.interfaces()) {
      const name = withoutLabel(part.name);
      if (part.up && !part.loopback && !ignoredNics.includes(name)) parts.set(name, [...(parts.get(name) ?? []), part]);
    }
    const interfaces = Array.from(parts, describe);
    return { interfaces: bounded(interfaces, MAX_INTERFACES, (name) => ({ name, hw: '', inet: [], inet6: [] })) };
  },

  watch: ({ network }, changed) => network.onChange(changed),
});

/** `eth0:1` is an address of eth0 with a label. Told as an interface, it would be a second one with the same hardware. */
function withoutLabel(name: string): string {
  return name.replace(/:.*/, '');
}

function describe([name, parts]: readonly [string, readonly NetworkInterface[]]): Members {
  const of = (family: 'ipv4' | 'ipv6') =>
    parts
      .flatMap(({ addresses }) => addresses.filter((one) => one.family === family).map(({ address }) => address))
      .slice(0, MAX_ADDRESSES);
  return { name, hw: parts[0]?.hardwareAddress ?? '', inet: of('ipv4'), inet6: of('ipv6') };
}
