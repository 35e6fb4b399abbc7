import { enumeration, object, secret, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const ugaSessionUnlock = defineCommand({
  name: 'uga-session-unlock',
  since: 'uga 0.1',
  summary:
    "Unlock the user's own session in the foreground, once its lock screen or PAM has taken the password; how it ends shows in " +
    'SESSION_UNLOCKED.',
  worksWhere: 'as root, with logind',
  testedBy: "GNOME's lock screen in a guest, the credential socket, and the PAM module with folders of its own",
  args: object({ username: string, password: secret }),
  result: struct('UgaLogin', { state: enumeration('UgaLoginState', ['waiting', 'announced', 'checking']) }),
  errors: [
    'single sign-on is off',
    'no such user, or an account of the system',
    'there is no locked session of this user in the foreground',
    'another login is under way, or there were too many',
  ],
  needs: ['sso'],
  readOnly: false,

  async run({ username, password }, { sso }) {
    return { state: await sso.offer({ user: username, password, wish: 'unlock' }) };
  },
});
