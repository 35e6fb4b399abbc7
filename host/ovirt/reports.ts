/**
 * What a guest may tell, and the least API version in which it does. Source: ovirt-guest-agent GuestAgentMessages and
 * VDSM guestagent.py.
 */
export const REPORTS: ReadonlyMap<string, number> = new Map([
  ['active-user', 0],
  ['applications', 0],
  ['disks-usage', 0],
  ['echo', 0],
  ['fqdn', 0],
  ['heartbeat', 0],
  ['host-name', 0],
  ['network-interfaces', 0],
  ['os-version', 0],
  ['session-lock', 0],
  ['session-logoff', 0],
  ['session-logon', 0],
  ['session-shutdown', 0],
  ['session-startup', 0],
  ['session-unlock', 0],
  ['uninstalled', 0],
  ['number-of-cpus', 1],
  ['os-info', 2],
  ['timezone', 2],
  ['completion', 3],
  ['containers', 3],
]);

/**
 * Reports that every guest sends soon after it was asked, as far as the API version in force has them. Not active-user: a
 * guest that cannot know who that is says nothing.
 */
export const MAIN_REPORTS: readonly string[] = [
  'heartbeat',
  'host-name',
  'fqdn',
  'os-version',
  'os-info',
  'timezone',
  'network-interfaces',
];
