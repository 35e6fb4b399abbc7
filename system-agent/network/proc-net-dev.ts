import type { InterfaceStatistics } from './network.ts';

/**
 * Counters by interface name from the text of /proc/net/dev.
 *
 *     name: rx bytes packets errs drop fifo frame compressed multicast  tx bytes packets errs drop …
 */
export function parseProcNetDev(text: string): Map<string, InterfaceStatistics> {
  const statistics = new Map<string, InterfaceStatistics>();
  for (const line of text.split('\n')) {
    // The last colon: an alias name holds one itself, and no counter does.
    const colon = line.lastIndexOf(':');
    if (colon === -1) continue;
    const counters = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    if (counters.length < 12 || !counters.every((counter) => /^\d+$/.test(counter))) continue;
    const at = (index: number) => BigInt(counters[index] ?? 0);
    statistics.set(line.slice(0, colon).trim(), {
      rxBytes: at(0),
      rxPackets: at(1),
      rxErrors: at(2),
      rxDropped: at(3),
      txBytes: at(8),
      txPackets: at(9),
      txErrors: at(10),
      txDropped: at(11),
    });
  }
  return statistics;
}
