import { boolean, object, optional, string } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';
import { assertPublicKeys, publicKeys } from '../public-keys.ts';

export const guestSshAddAuthorizedKeys = defineCommand({
  name: 'guest-ssh-add-authorized-keys',
  since: '5.2',
  summary: "Append keys that are not there yet to a user's authorized_keys, or replace what is there.",
  worksWhere: 'as root',
  testedBy: 'beside qemu-ga in a guest; attacks by the user; libvirt',
  args: object({ username: string, keys: publicKeys, reset: optional(boolean) }),
  result: nothing,
  errors: [
    'a key that is none or is two lines',
    'no such user',
    "the user's files do not belong to the user alone, or lie behind links",
  ],
  needs: ['authorizedKeys'],
  readOnly: false,

  async run({ username, keys, reset = false }, { authorizedKeys }) {
    assertPublicKeys(keys);
    await authorizedKeys.add(username, keys, { reset });
    return undefined;
  },
});
