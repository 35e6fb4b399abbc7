import { enumeration, int64, listOf, object, optional, string, struct, uint64 } from '#shared/schema/schema.ts';
import type { InterfaceStatistics } from '../../network/network.ts';
import { defineCommand } from '../command.ts';

const ipAddress = struct('GuestIpAddress', {
  'ip-address': string,
  'ip-address-type': enumeration('GuestIpAddressType', ['ipv4', 'ipv6']),
  prefix: int64,
});

const interfaceStatistics = struct('GuestNetworkInterfaceStat', {
  'rx-bytes': uint64,
  'rx-packets': uint64,
  'rx-errs': uint64,
  'rx-dropped': uint64,
  'tx-bytes': uint64,
  'tx-packets': uint64,
  'tx-errs': uint64,
  'tx-dropped': uint64,
});

const networkInterface = struct('GuestNetworkInterface', {
  name: string,
  'hardware-address': optional(string),
  'ip-addresses': optional(listOf(ipAddress)),
  statistics: optional(interfaceStatistics),
});

export const guestNetworkGetInterfaces = defineCommand({
  name: 'guest-network-get-interfaces',
  since: '1.1',
  summary: 'Network interfaces with hardware address, IP addresses and counters.',
  testedBy: 'same members as qemu-ga; libvirt',
  args: object({}),
  result: listOf(networkInterface),
  errors: ['the system does not tell'],
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
