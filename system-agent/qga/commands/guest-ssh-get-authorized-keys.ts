import { listOf, object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestSshGetAuthorizedKeys = defineCommand({
  name: 'guest-ssh-get-authorized-keys',
  since: '5.2',
  summary: "Keys of a user's authorized_keys, the last line first, as hosts have always got them.",
  worksWhere: 'as root',
  testedBy: 'beside qemu-ga in a guest; attacks by the user; libvirt',
  args: object({ username: string }),
  result: struct('GuestAuthorizedKeys', { keys: listOf(string) }),
  errors: ['no such user', "the user's files do not belong to the user alone, or lie behind links"],
  needs: ['authorizedKeys'],
  readOnly: true,
  run: async ({ username }, { authorizedKeys }) => ({ keys: (await authorizedKeys.list(username)).toReversed() }),
});
