import { boolean, enumeration, int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const hook = struct('UgaFreezeHook', {
  name: string,
  phase: enumeration('UgaFreezeHookPhase', ['freeze', 'thaw']),
  milliseconds: int64,
  outcome: enumeration('UgaFreezeHookOutcome', ['done', 'failed', 'timed-out', 'refused']),
  detail: optional(string),
});

const freezeStatus = struct('UgaFreezeStatus', {
  state: enumeration('UgaFreezeState', ['thawed', 'freezing', 'frozen', 'thawing']),
  since: optional(int64),
  'lease-left': optional(int64),
  filesystems: listOf(struct('UgaFrozenFilesystem', { mountpoint: string, type: string, frozen: boolean })),
  'left-out': listOf(struct('UgaFilesystemLeftOut', { mountpoint: string, type: string, reason: string })),
  hooks: listOf(hook),
  achieved: optional(enumeration('UgaFreezeAchieved', ['consistent', 'crash-consistent', 'lease-expired'])),
  ended: optional(string),
});

export const ugaFreezeStatus = defineCommand({
  name: 'uga-freeze-status',
  since: 'uga 0.1',
  summary: 'The freeze that is, or the last one: file systems, lease, hooks, what a copy is worth and why it ended.',
  worksWhere: 'as root, with the guard of freezes installed',
  testedBy: 'in a guest',
  args: object({}),
  result: freezeStatus,
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
