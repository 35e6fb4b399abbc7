import { Buffer } from 'node:buffer';
import { AgentError } from '#shared/errors.ts';
import { type BodyReader, BodyWriter } from '../body.ts';
import { atLeast, defineMessage } from './spec.ts';

/** One output of a display device, and the names the client knows it by. */
export interface GraphicsDevice {
  /** channelId + monitorId is the display id of MOUSE_STATE and the index in MONITORS_CONFIG. */
  readonly channelId: number;
  readonly monitorId: number;
  /** Number of the output on its device. */
  readonly deviceDisplayId: number;
  /** `pci/DOMAIN/SLOT.FN/SLOT.FN...`, all hexadecimal: hops from the root bus. */
  readonly address: string;
}

export interface GraphicsDeviceInfo {
  readonly devices: readonly GraphicsDevice[];
}

export const MAX_DEVICES = 256;

/** PCI paths are some dozens of bytes long. */
export const MAX_ADDRESS_BYTES = 4096;

/**
 * u32 count, count × (u32 channel, u32 monitor, u32 display, u32 length, address with its NUL).
 * Source: vd_agent.h, VDAgentGraphicsDeviceInfo and VDAgentDeviceDisplayInfo.
 */
export const graphicsDeviceInfo = defineMessage<'graphics-device-info', GraphicsDeviceInfo>({
  type: 16,
  name: 'graphics-device-info',
  direction: 'to-guest',
  onlyPort: 'server',
  needs: 'graphics-device-info',
  size: atLeast(4),
  decode(body) {
    const count = body.u32();
    if (count > MAX_DEVICES) throw new AgentError('malformed', `${count} display devices, limit ${MAX_DEVICES}`);
    return { devices: Array.from({ length: count }, () => readDevice(body)) };
  },
  encode({ devices }) {
    const body = new BodyWriter().u32(devices.length);
    for (const { channelId, monitorId, deviceDisplayId, address } of devices) {
      const bytes = Buffer.from(`${address}\0`);
      body.u32(channelId).u32(monitorId).u32(deviceDisplayId).u32(bytes.length).bytes(bytes);
    }
    return body.finish();
  },
});

function readDevice(body: BodyReader): GraphicsDevice {
  const numbers = { channelId: body.u32(), monitorId: body.u32(), deviceDisplayId: body.u32() };
  const length = body.u32();
  if (length > MAX_ADDRESS_BYTES) throw new AgentError('malformed', `device address of ${length} bytes`);
  const bytes = body.bytes(length);
  const end = bytes.indexOf(0);
  if (end === -1) throw new AgentError('malformed', 'device address without its NUL');
  return { ...numbers, address: bytes.toString('utf8', 0, end) };
}
