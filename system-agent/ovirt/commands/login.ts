import { Secret } from '#shared/bytes/secret.ts';
import { AgentError } from '#shared/errors.ts';
import { defineCommand } from '../command.ts';

/** The user of the portal opens a console: at the greeter he is logged in, at his own lock screen it is unlocked. */
export const login = defineCommand({
  name: 'login',
  readOnly: false,
  needs: ['sso'],
  async run(args, { sso }) {
    const [user, password] = [args.get('username'), args.get('password')];
    if (typeof user !== 'string' || !(password instanceof Secret)) {
      throw new AgentError('invalid-argument', 'a login has a username and a password');
    }
    await sso.offer({ user, password, wish: 'any' });
  },
});
