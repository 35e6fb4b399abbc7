import { object } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaFreezeStatus = defineCommand({
  name: 'uga-freeze-status',
  since: 'uga 0.1',
  summary: 'The freeze that is, or the last one: file systems, lease, hooks, what a copy is worth and why it ended.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({}),
  needs: ['freeze'],
  readOnly: true,

  run(_args, { freeze }) {
    const { phase, since, leaseLeft, fileSystems, leftOut, hooks, achieved, ended } = freeze.describe();
    return {
      state: phase,
      since,
      'lease-left': leaseLeft,
      filesystems: fileSystems.map(({ mountPoint, type, frozen }) => ({ mountpoint: mountPoint, type, frozen })),
      'left-out': leftOut.map(({ mountPoint, type, reason }) => ({ mountpoint: mountPoint, type, reason })),
      hooks: hooks.map(({ name, phase, milliseconds, outcome, detail }) => ({
        name,
        phase,
        milliseconds,
        outcome,
        detail,
      })),
      achieved,
      ended,
    };
  },
});
