import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_MONITORS, type PointerLayout } from '#protocol/ipc/messages/monitors.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { writeAvailable } from '#shared/native/descriptor.ts';
import { createInputDevice } from '#shared/native/uinput.ts';
import { ABS_X, ABS_Y, AXIS_MAX, encodeEvents, KEYS, REL_WHEEL, REL_WHEEL_HI_RES } from './input-event.ts';
import type { PointerDevice, PointerSystem } from './pointer.ts';

const UINPUT = '/dev/uinput';
const DRM = '/sys/class/drm';

/** The name of spice-vdagentd's device: what an administrator has configured for that one holds for ours. */
const NAME = 'spice vdagent tablet';

/** @param drm folder with the display connectors; another one in tests */
export function linuxPointer(drm: string = DRM): PointerSystem {
  return { create: createTablet, layout: () => readLayout(drm) };
}

function createTablet(): PointerDevice {
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
  const device = fd;
  return {
    write: (events) => void writeAvailable(device, encodeEvents(events)),
    close: () => closeSync(device),
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
