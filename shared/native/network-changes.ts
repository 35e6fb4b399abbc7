import { watchNetlink } from './netlink.ts';
import type { Watch } from './readiness.ts';

/** NETLINK_ROUTE; RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR: rtnetlink(7) */
const CHANGES = { protocol: 0, groups: 0x1 | 0x10 | 0x100 };

/**
 * Reports that interfaces or addresses have changed: once for what came together, and perhaps for nothing.
 * @throws {Error} errno error
 */
export function watchNetwork(changed: () => void): Watch {
  return watchNetlink(CHANGES, changed);
}
