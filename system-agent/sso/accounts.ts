import { AgentError } from '#shared/errors.ts';
import type { Account, FindAccount } from '../accounts/accounts.ts';

/** Ids that belong to people. Source: login.defs(5), UID_MIN; systemd's list of id ranges (UIDS-GIDS.md) for the others. */
export const FIRST_PERSON = 1000;
/** Of dynamic users of systemd, `nobody`, and the ids that no database may give. */
const NOBODYS: readonly (readonly [from: number, to: number])[] = [
  [61_184, 65_519],
  [65_534, 65_535],
  [0xffff_fffe, 0xffff_ffff],
];

/**
 * The account that a host means. It sends the name with the domain that it knows the user by, which need not be one of the
 * guest's: the domain is cut off where the bare name is an account, as the stock module does.
 * @throws {AgentError} 'not-found' no such user; 'refused' for root and accounts of the system
 */
export async function personNamed(name: string, find: FindAccount): Promise<Account> {
  const at = name.indexOf('@');
  const bare = at > 0 ? await find(name.slice(0, at)) : undefined;
  const account = bare ?? (await find(name));
  if (account === undefined) throw new AgentError('not-found', 'there is no such user');
  if (!isPerson(account.uid))
    throw new AgentError('refused', 'root and accounts of the system are not logged in by hosts');
  return account;
}

function isPerson(uid: number): boolean {
  return uid >= FIRST_PERSON && !NOBODYS.some(([from, to]) => uid >= from && uid <= to);
}
