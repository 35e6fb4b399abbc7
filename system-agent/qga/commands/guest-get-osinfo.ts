import { object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const osInfo = struct('GuestOSInfo', {
  'kernel-release': optional(string),
  'kernel-version': optional(string),
  machine: optional(string),
  id: optional(string),
  name: optional(string),
  'pretty-name': optional(string),
  version: optional(string),
  'version-id': optional(string),
  variant: optional(string),
  'variant-id': optional(string),
});

export const guestGetOsinfo = defineCommand({
  name: 'guest-get-osinfo',
  since: '2.10',
  summary: 'Kernel, machine and what os-release says of the distribution.',
  testedBy: 'same members as qemu-ga',
  args: object({}),
  result: osInfo,
  needs: ['inventory'],
  readOnly: true,

  run(_args, { inventory }) {
    const system = inventory.operatingSystem();
    return {
      'kernel-release': system.kernelRelease,
      'kernel-version': system.kernelVersion,
      machine: system.machine,
      id: system.id,
      name: system.name,
      'pretty-name': system.prettyName,
      version: system.version,
      'version-id': system.versionId,
      variant: system.variant,
      'variant-id': system.variantId,
    };
  },
});
