import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_MONITORS, type PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { createInputDevice } from '#shared/native/uinput.ts';
import { type DescriptorStore, noServiceManager } from '../service-manager/service-manager.ts';
import {
  ABS_X,
  ABS_Y,
  AXIS_MAX,
  EV_KEY,
  EV_SYN,
  encodeEvents,
  KEYS,
  REL_WHEEL,
  REL_WHEEL_HI_RES,
  SYN_REPORT,
} from './input-event.ts';
import type { PointerDevice, PointerSystem } from './pointer.ts';

const UINPUT = '/dev/uinput';
const DRM = '/sys/class/drm';

/** The name of spice-vdagentd's device: what an administrator has configured for that one holds for ours. */
const NAME = 'spice vdagent tablet';

/** What the device can do is part of the name: a run that makes another kind of device does not take this one over. */
const STORED_AS = 'uinput:1';

/**
 * @param store keeps the device over a restart, so that no desktop sees it unplugged
 * @param drm folder with the display connectors; another one in tests
 */
export function linuxPointer(store: DescriptorStore = noServiceManager, drm: string = DRM): PointerSystem {
  return { create: () => tabletOf(takeDevice(store) ?? createDevice(store)), layout: () => readLayout(drm) };
}

function takeDevice(store: DescriptorStore): number | undefined {
  const fd = store.take(STORED_AS);
  if (fd === undefined) return undefined;
  try {
    // A run that was killed may have held a button. The kernel drops the release of one that is not pressed.
    const releases = Object.values(KEYS).map((code) => ({ type: EV_KEY, code, value: 0 }));
    writeAvailable(fd, encodeEvents([...releases, { type: EV_SYN, code: SYN_REPORT, value: 0 }]));
    return fd;
  } catch {
    store.forget(STORED_AS);
    closeSync(fd);
    return undefined;
  }
}

/** @throws {AgentError} 'unsupported' */
function createDevice(store: DescriptorStore): number {
  let fd: number | undefined;
  try {
    fd = openSync(UINPUT, constants.O_WRONLY | constants.O_NONBLOCK);
    createInputDevice(fd, {
      name: NAME,
      keys: Object.values(KEYS),
      relative: [REL_WHEEL, REL_WHEEL_HI_RES],
      absolute: [ABS_X, ABS_Y],
      axisMax: AXIS_MAX,
    });
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw new AgentError('unsupported', messageOf(error), { cause: error });
  }
  store.keep(STORED_AS, fd);
  return fd;
}

function tabletOf(fd: number): PointerDevice {
  return {
    write: (events) => writeAvailable(fd, encodeEvents(events)) > 0,
    close: () => closeSync(fd),
  };
}

const MODE = /^(\d{1,5})x(\d{1,5})/;

/**
 * The preferred modes of the connected outputs, side by side in the order of their names: how a console or a greeter
 * without an agent of ours most likely shows them. Source: Linux, drivers/gpu/drm/drm_sysfs.c, `status` and `modes`.
 */
function readLayout(drm: string): PointerLayout | undefined {
  const displays: PointerLayout['displays'][number][] = [];
  let width = 0;
  for (const connector of connectorsIn(drm)) {
    const mode = MODE.exec(read(path.join(drm, connector, 'modes')));
    if (mode === null || read(path.join(drm, connector, 'status')).trim() !== 'connected') continue;
    const size = { width: Number(mode[1]), height: Number(mode[2]) };
    displays.push({ id: displays.length, x: width, y: 0, ...size });
    width += size.width;
  }
  if (displays.length === 0) return undefined;
  return { width, height: Math.max(...displays.map(({ height }) => height)), displays };
}

function connectorsIn(drm: string): string[] {
  try {
    return readdirSync(drm)
      .filter((name) => /^card\d+-/.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .slice(0, MAX_MONITORS);
  } catch {
    return []; // no display device
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // unplugged meanwhile
  }
}
