import { SocketAddress } from 'node:net';
import { AgentError } from '#shared/errors.ts';
import type { Route } from './network.ts';

/** A router with the whole internet's table has a million: no host wants them, and libvirt takes 10 MiB a line. */
const MAX_ROUTES = 16_384;

/**
 * @param text of /proc/net/route: a heading, then
 *   `Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT`, addresses as hexadecimal words in the
 *   machine's own byte order, flags in hexadecimal
 * @throws {AgentError} 'failed' for too many
 */
export function parseIpv4Routes(text: string): readonly Route[] {
  return rowsOf(text, 11).flatMap((row): Route[] => {
    const [name = '', destination = '', gateway = '', flags = '', references, use, metric, mask = ''] = row;
    if (![destination, gateway, mask, flags].every(isHexadecimal)) return [];
    const [mtu, window, initialRoundTrip] = row.slice(8).map(Number);
    return [
      {
        version: 4,
        interface: name,
        destination: ipv4(destination),
        gateway: ipv4(gateway),
        mask: ipv4(mask),
        metric: Number(metric),
        flags: hexadecimal(flags),
        references: Number(references),
        use: Number(use),
        mtu: mtu ?? 0,
        window: window ?? 0,
        initialRoundTrip: initialRoundTrip ?? 0,
      },
    ];
  });
}

/**
 * @param text of /proc/net/ipv6_route: destination, its prefix, source, its prefix, next hop, metric, references, use,
 *   flags, all hexadecimal, addresses in 32 digits; then the interface
 * @throws {AgentError} 'failed' for too many
 */
export function parseIpv6Routes(text: string): readonly Route[] {
  return rowsOf(text, 10).flatMap((row): Route[] => {
    const [destination = '', destinationPrefix = '', source = '', sourcePrefix = '', nextHop = ''] = row;
    if (!row.slice(0, 9).every(isHexadecimal)) return [];
    const [metric = 0, references = 0, use = 0, flags = 0] = row.slice(5, 9).map(hexadecimal);
    return [
      {
        version: 6,
        interface: row[9] ?? '',
        destination: ipv6(destination),
        destinationPrefix: hexadecimal(destinationPrefix),
        source: ipv6(source),
        sourcePrefix: hexadecimal(sourcePrefix),
        nextHop: ipv6(nextHop),
        metric,
        flags,
        references,
        use,
      },
    ];
  });
}

function rowsOf(text: string, columns: number): string[][] {
  const lines = text.split('\n');
  if (lines.length > MAX_ROUTES) throw new AgentError('failed', `there are more than ${MAX_ROUTES} routes`);
  return lines.map((line) => line.trim().split(/\s+/)).filter((row) => row.length === columns);
}

const isHexadecimal = (digits: string) => /^[0-9A-Fa-f]{1,32}$/.test(digits);
const hexadecimal = (digits: string) => Number.parseInt(digits, 16);

function ipv4(digits: string): string {
  return new Uint8Array(Uint32Array.of(hexadecimal(digits)).buffer).join('.');
}

function ipv6(digits: string): string {
  const address = digits.padStart(32, '0').replace(/.{4}(?!$)/g, '$&:');
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
