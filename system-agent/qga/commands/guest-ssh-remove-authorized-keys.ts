import { object, string } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';
import { assertPublicKeys, publicKeys } from '../public-keys.ts';

export const guestSshRemoveAuthorizedKeys = defineCommand({
  name: 'guest-ssh-remove-authorized-keys',
  since: '5.2',
  summary: "Take out of a user's authorized_keys the lines that are exactly these keys.",
  worksWhere: 'as root',
  testedBy: 'beside qemu-ga in a guest; attacks by the user; libvirt',
  args: object({ username: string, keys: publicKeys }),
  result: nothing,
  errors: [
    'a key that is none or is two lines',
    'no such user',
    "the user's files do not belong to the user alone, or lie behind links",
  ],
  needs: ['authorizedKeys'],
  readOnly: false,

  async run({ username, keys }, { authorizedKeys }) {
    assertPublicKeys(keys);
    await authorizedKeys.remove(username, keys);
    return undefined;
  },
});
