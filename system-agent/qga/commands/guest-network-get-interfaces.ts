import { object } from '#shared/schema/schema.ts';
import type { InterfaceStatistics } from '../../network/network.ts';
import { defineCommand } from '../command.ts';

export const guestNetworkGetInterfaces = defineCommand({
  name: 'guest-network-get-interfaces',
  since: '1.1',
  summary: 'Network interfaces with hardware address, IP addresses and counters.',
  testedBy: 'same members as qemu-ga; libvirt',
  args: object({}),
  needs: ['network'],
  readOnly: true,

  run: (_args, { network }) =>
    network.interfaces().map(({ name, hardwareAddress, addresses, statistics }) => {
      const identity = { name, 'hardware-address': hardwareAddress };
      // qemu-ga leaves the counters out too where there is no address, and hosts have learned to live with it.
      if (addresses.length === 0) return identity;
      return {
        ...identity,
        'ip-addresses': addresses.map(({ family, address, prefix }) => ({
          'ip-address': address,
          'ip-address-type': family,
          prefix,
        })),
        statistics: statistics && counters(statistics),
      };
    }),
});

function counters(statistics: InterfaceStatistics) {
  return {
    'rx-bytes': statistics.rxBytes,
    'rx-packets': statistics.rxPackets,
    'rx-errs': statistics.rxErrors,
    'rx-dropped': statistics.rxDropped,
    'tx-bytes': statistics.txBytes,
    'tx-packets': statistics.txPackets,
    'tx-errs': statistics.txErrors,
    'tx-dropped': statistics.txDropped,
  };
}
