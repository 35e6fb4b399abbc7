import type { ActKind } from '#protocol/ipc/messages/notice.ts';

/** What users are told of, by the commands of each door; the audit has a rule for each. */
export const TOLD: Readonly<Record<string, Readonly<Record<string, ActKind>>>> = {
  qga: {
    'guest-exec': 'program',
    'guest-file-read': 'file-read',
    'guest-file-write': 'file-written',
    'guest-set-user-password': 'account',
    'guest-ssh-add-authorized-keys': 'account',
    'guest-ssh-get-authorized-keys': 'account',
    'guest-ssh-remove-authorized-keys': 'account',
  },
};

export function kindOf(door: string, command: string): ActKind | undefined {
  const kinds = Object.hasOwn(TOLD, door) ? TOLD[door] : undefined;
  return kinds !== undefined && Object.hasOwn(kinds, command) ? kinds[command] : undefined;
}
