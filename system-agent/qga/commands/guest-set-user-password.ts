import { decodeBase64Secret } from '#protocol/qga/base64.ts';
import { boolean, object, secret, string } from '#shared/schema/schema.ts';
import { defineCommand, nothing } from '../command.ts';

export const guestSetUserPassword = defineCommand({
  name: 'guest-set-user-password',
  since: '2.3',
  summary: "Set a user's password, given plain or as a hash of crypt(5), in base64 either way.",
  worksWhere: 'as root, with chpasswd(8)',
  testedBy: 'beside qemu-ga in a guest, by logging in; libvirt',
  args: object({ username: string, password: secret, crypted: boolean }),
  result: nothing,
  errors: ['password is not base64', 'chpasswd(8) refuses, in its own words'],
  needs: ['passwords'],
  readOnly: false,

  async run({ username, password, crypted }, { passwords }) {
    using plain = decodeBase64Secret(password);
    await passwords.set({ user: username, password: plain.bytes, isHash: crypted });
    return undefined;
  },
});
