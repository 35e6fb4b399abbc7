import { isDeepStrictEqual } from 'node:util';
import type { Log } from '#shared/log/log.ts';
import type { Network, NetworkInterface } from '../../network/network.ts';
import { comparedSource, someOf } from './compared.ts';
import type { Source } from './source.ts';

/** Interfaces and their addresses; what they count is none of an event's business. */
export function addressesSource(network: Network, log: Log): Source {
  return comparedSource(
    {
      name: 'addresses',
      read: () => new Map(network.interfaces().map(({ statistics: _, ...rest }) => [rest.name, rest])),
      onChange: (listener) => network.onChange(listener),
      between(before, now) {
        const names = changedNames(before, now);
        if (names.length === 0) return undefined;
        const { some, more } = someOf(names);
        return { event: 'ADDRESSES_CHANGED', data: { interfaces: some, more: BigInt(more) } };
      },
    },
    log,
  );
}

type Interfaces = ReadonlyMap<string, Omit<NetworkInterface, 'statistics'>>;

function changedNames(before: Interfaces, now: Interfaces): string[] {
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => !isDeepStrictEqual(before.get(name), now.get(name)));
}
