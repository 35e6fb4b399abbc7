import { AgentError } from '#shared/errors.ts';
import type { Run } from '#shared/process/run.ts';
import type { Account, FindAccount } from '../accounts/accounts.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { KEYS_FACE, type KeysRequest, MAX_FILE, MAX_MESSAGE, parseAnswer } from './wire.ts';

/** The user can stop the helper, or have his home on a file server that is away. */
const TIMEOUT_MS = 15_000;

/**
 * Keys by a helper that has the user's rights and no other (S1): docs/decisions/0014-acting-as-a-user.md.
 * @param self starts a face of our own program
 */
export function linuxAuthorizedKeys(
  run: Run,
  self: (face: string) => readonly [string, ...string[]],
  findAccount: FindAccount,
): AuthorizedKeys {
  async function act(user: string, action: KeysRequest['action'], keys: readonly string[]): Promise<readonly string[]> {
    const account = await findAccount(user);
    if (account === undefined) throw new AgentError('not-found', `failed to lookup user '${user}': no such user`);
    const input = Buffer.from(JSON.stringify(requestOf(account, action, keys)));
    if (input.length > MAX_MESSAGE) throw new AgentError('invalid-argument', `keys of more than ${MAX_FILE} bytes`);
    const { uid, gid } = account;
    const options = { timeoutMs: TIMEOUT_MS, input, as: { uid, gid }, stdoutOnly: true, maxOutput: MAX_MESSAGE };
    const { status, output } = await run(self(KEYS_FACE), options);
    const answer = status === 0 ? parseAnswer(output) : undefined;
    if (answer === undefined)
      throw new AgentError('failed', `the helper of user '${user}' has ended without an answer`);
    if ('error' in answer) throw new AgentError('failed', answer.error);
    return answer.keys;
  }

  return {
    list: (user) => act(user, 'list', []),
    async add(user, keys, { reset }) {
      await act(user, reset ? 'reset' : 'add', keys);
    },
    async remove(user, keys) {
      await act(user, 'remove', keys);
    },
  };
}

function requestOf({ uid, home }: Account, action: KeysRequest['action'], keys: readonly string[]): KeysRequest {
  return { uid, home, action, keys };
}
