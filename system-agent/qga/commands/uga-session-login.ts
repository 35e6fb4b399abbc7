import { enumeration, object, secret, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaSessionLogin = defineCommand({
  name: 'uga-session-login',
  since: 'uga 0.1',
  summary:
    'Log a user in to the desktop: at the greeter, or into their own locked session. `waiting` until a greeter is up; how it ' +
    'ends shows in SESSION_ACTIVE and SESSION_UNLOCKED.',
  worksWhere: 'as root, with logind; logins at the greeter of GNOME',
  testedBy:
    "GNOME's greeter and lock screen in a guest, the credential socket, and the PAM module with folders of its own",
  args: object({ username: string, password: secret }),
  result: struct('UgaLogin', { state: enumeration('UgaLoginState', ['waiting', 'announced', 'checking']) }),
  errors: [
    'single sign-on is off',
    'no such user, or an account of the system',
    "the user's session is not locked, or another user's is in the foreground",
    'another login is under way, or there were too many',
  ],
  needs: ['sso'],
  readOnly: false,

  async run({ username, password }, { sso }) {
    return { state: await sso.offer({ user: username, password, wish: 'any' }) };
  },
});
