/** Where a display device is on the PCI bus. */
export interface DeviceAddress {
  readonly domain: number;
  /** From the root on. Bus numbers are the firmware's, and not told. */
  readonly path: readonly { readonly slot: number; readonly function: number }[];
}

const ADDRESS = /^pci\/([0-9a-f]{1,8})((?:\/[01]?[0-9a-f]\.[0-7]){1,16})$/i;

/**
 * `pci/DOMAIN/SLOT.FN/SLOT.FN...`, all hexadecimal, at most 16 hops.
 * Source: vd_agent.h, VDAgentDeviceDisplayInfo.
 * @returns undefined for any other kind of address
 */
export function parseDeviceAddress(address: string): DeviceAddress | undefined {
  const match = ADDRESS.exec(address);
  if (match === null) return undefined;
  const [, domain = '', hops = ''] = match;
  const path = hops
    .slice(1)
    .split('/')
    .map((hop) => hop.split('.'))
    .map(([slot = '', fn = '']) => ({ slot: Number.parseInt(slot, 16), function: Number(fn) }));
  return { domain: Number.parseInt(domain, 16), path };
}
