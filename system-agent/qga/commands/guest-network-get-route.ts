import { int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import type { Route } from '../../network/network.ts';
import { defineCommand } from '../command.ts';

const networkRoute = struct('GuestNetworkRoute', {
  iface: string,
  destination: string,
  metric: int64,
  gateway: optional(string),
  mask: optional(string),
  irtt: optional(int64),
  flags: optional(int64),
  refcnt: optional(int64),
  use: optional(int64),
  window: optional(int64),
  mtu: optional(int64),
  desprefixlen: optional(string),
  source: optional(string),
  srcprefixlen: optional(string),
  nexthop: optional(string),
  version: int64,
});

export const guestNetworkGetRoute = defineCommand({
  name: 'guest-network-get-route',
  since: '9.1',
  summary: 'Routes of IPv4 and IPv6.',
  testedBy: 'routes set in a guest',
  args: object({}),
  result: listOf(networkRoute),
  errors: ['more routes than an answer takes'],
  needs: ['network'],
  readOnly: true,
  run: (_args, { network }) => network.routes().map(printRoute),
});

function printRoute(route: Route) {
  const common = {
    iface: route.interface,
    destination: route.destination,
    metric: route.metric,
    flags: route.flags,
    refcnt: route.references,
    use: route.use,
    version: route.version,
  };
  if (route.version === 4) {
    const { gateway, mask, mtu, window, initialRoundTrip: irtt } = route;
    return { ...common, gateway, mask, mtu, window, irtt };
  }
  return {
    ...common,
    desprefixlen: `${route.destinationPrefix}`, // text on the wire, unlike every other number
    source: route.source,
    srcprefixlen: `${route.sourcePrefix}`,
    nexthop: route.nextHop,
  };
}
