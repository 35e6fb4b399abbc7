import { listOf, number, object, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

export const guestGetUsers = defineCommand({
  name: 'guest-get-users',
  since: '2.10',
  summary: 'Who is logged in, each user once with the earliest login.',
  testedBy: 'same members as qemu-ga; a real login in a guest',
  args: object({}),
  result: listOf(struct('GuestUser', { user: string, 'login-time': number })),
  needs: ['users'],
  readOnly: true,
  run: (_args, { users }) => users.loggedIn().map(({ user, loginTime }) => ({ user, 'login-time': loginTime })),
});
