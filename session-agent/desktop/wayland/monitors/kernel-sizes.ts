import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after } from '#shared/lifecycle/after.ts';
import { watchDevices } from '#shared/native/device-changes.ts';
import type { Size } from '../../../monitors/layout.ts';

const DRM = '/sys/class/drm';
const CARD = /^card\d+-/;
const MODE = /^(\d{1,5})x(\d{1,5})/;
/** Connectors of the kernel's drivers for virtual machines. */
const VIRTUAL = /^Virtual-\d+$/;
/**
 * The kernel tells of a change before anybody has asked the device what it is; the file has it once the compositor did, which
 * is soon, or late on a busy machine.
 */
const LOOKS_MS = [300, 1_500, 5_000];

export const isVirtual = (name: string): boolean => VIRTUAL.test(name);

/**
 * The size that the host has given a display: the first mode of its connector is the preferred one. For compositors that do not
 * look at a connector again after it was connected.
 * @param drm folder of the graphics devices; another one in tests
 */
export function sizeInKernel(name: string, drm: string = DRM): Size | undefined {
  if (!isVirtual(name)) return undefined;
  try {
    const folder = readdirSync(drm).find((entry) => CARD.test(entry) && entry.replace(CARD, '') === name);
    if (folder === undefined) return undefined;
    const [, width, height] = MODE.exec(readFileSync(path.join(drm, folder, 'modes'), 'latin1')) ?? [];
    return width === undefined ? undefined : { width: Number(width), height: Number(height) };
  } catch {
    return undefined; // no graphics device
  }
}

/** Calls `told` when something happens to a graphics device, until it is disposed of. */
export type Tell = (told: () => void) => Disposable;

/**
 * @param names asked each time
 * @param changed called when one of them has another size
 * @param drm as of `sizeInKernel` @param tell what happens to devices; another one in tests
 */
export function watchKernelSizes(
  names: () => readonly string[],
  changed: () => void,
  drm: string = DRM,
  tell: Tell = devicesTell,
): Disposable {
  const sizes = () => JSON.stringify(names().map((name) => sizeInKernel(name, drm)));
  let last = sizes();
  const look = () => {
    const now = sizes();
    if (now === last) return;
    last = now;
    changed();
  };
  let looks: readonly Disposable[] = [];
  const forget = () => {
    for (const one of looks) one[Symbol.dispose]();
  };
  const telling = tell(() => {
    forget();
    looks = LOOKS_MS.map((delay) => after(delay, look));
  });
  return {
    [Symbol.dispose]() {
      telling[Symbol.dispose]();
      forget();
    },
  };
}

function devicesTell(told: () => void): Disposable {
  try {
    const watch = watchDevices('drm', told);
    return { [Symbol.dispose]: () => watch.close() };
  } catch {
    return { [Symbol.dispose]: () => {} }; // a container that keeps devices' news away has no devices either
  }
}
