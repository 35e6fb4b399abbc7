import type { ChannelSpec } from '../channels/spec.ts';
import { namesOfPort } from '../channels/virtio-port.ts';
import type { Facts, PortFact } from './facts.ts';

export const DOORS = ['qga', 'ovirt', 'vdagent'] as const;
export type DoorName = (typeof DOORS)[number];

/** The doors that want a virtio-serial port, each with the port if it is there. */
export function wantedPorts({
  config,
  ports = [],
}: Facts): { readonly door: DoorName; readonly name: string; readonly port: PortFact | undefined }[] {
  return DOORS.flatMap((door) => {
    const spec: ChannelSpec = config[door];
    if (spec.kind !== 'virtio') return [];
    const port = namesOfPort(spec.name).flatMap((name) => ports.filter((one) => one.name === name))[0];
    return [{ door, name: spec.name, port }];
  });
}
