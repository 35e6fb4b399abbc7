import { object } from '#shared/schema/schema.ts';
import type { Route } from '../../network/network.ts';
import { defineCommand } from '../command.ts';

export const guestNetworkGetRoute = defineCommand({
  name: 'guest-network-get-route',
  since: '9.1',
  summary: 'Routes of IPv4 and IPv6.',
  testedBy: 'routes set in a guest',
  args: object({}),
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
