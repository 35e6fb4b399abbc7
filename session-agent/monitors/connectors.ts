import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { HostDisplay } from '#protocol/ipc/messages/monitors.ts';
import type { LocatedDisplay } from './display-ids.ts';

const DRM = '/sys/class/drm';
const CARD = /^card\d+$/;
/** `0000:00:02.0` in a path below /sys/devices: domain, bus, slot, function. */
const PCI = /^([0-9a-f]{4,8}):[0-9a-f]{2}:([0-9a-f]{2})\.([0-7])$/;

/**
 * Finds the host's displays by the places of their devices on the PCI bus; what is not found is left out.
 * @param drm folder of the graphics devices; another one in tests
 */
export function locateDisplays(displays: readonly HostDisplay[], drm = DRM): readonly LocatedDisplay[] {
  const cards = list(drm).filter((name) => CARD.test(name));
  return displays.flatMap(({ id, domain, path: hops, output }): readonly LocatedDisplay[] => {
    const place = [domain, ...hops.flatMap(({ slot, function: fn }) => [slot, fn])].join();
    const card = cards.find((name) => placeOf(path.join(drm, name)) === place);
    if (card === undefined) return [];
    const connectors = connectorsOf(drm, card);
    if (connectors.length === 0) return [{ id, connector: undefined, output }];
    const connector = connectors[output];
    return connector === undefined ? [] : [{ id, connector, output }];
  });
}

/** Bus numbers are given by the firmware; slots and functions from the root on are what the host knows too. */
function placeOf(card: string): string | undefined {
  try {
    const hops = realpathSync(card)
      .split('/')
      .map((name) => PCI.exec(name))
      .filter((match) => match !== null);
    const numbers = hops.flatMap(([, , slot = '', fn = '']) => [Number.parseInt(slot, 16), Number.parseInt(fn, 16)]);
    return [Number.parseInt(hops[0]?.[1] ?? '', 16), ...numbers].join();
  } catch {
    return undefined; // unplugged meanwhile
  }
}

/** In the order of the device, which is that of their ids; kernels before 5.16 do not tell ids, and names count up. */
function connectorsOf(drm: string, card: string): readonly string[] {
  const prefix = `${card}-`;
  const names = list(drm).filter((name) => name.startsWith(prefix) && !name.startsWith(`${prefix}Writeback-`));
  const ids = new Map(names.map((name) => [name, idOf(path.join(drm, name, 'connector_id'))]));
  const byName = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
  return names
    .toSorted((a, b) => (ids.get(a) ?? 0) - (ids.get(b) ?? 0) || byName(a, b))
    .map((name) => name.slice(prefix.length));
}

function idOf(file: string): number {
  try {
    return Number(readFileSync(file, 'latin1').trim()) || 0;
  } catch {
    return 0;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no graphics device
  }
}
