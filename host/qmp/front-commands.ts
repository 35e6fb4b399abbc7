import { type GuestCommand, readCommands } from '#host/qga/info.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject, Printable } from '#shared/json/value.ts';
import { int64, object } from '#shared/schema/schema.ts';
import type { ClientContext } from './client-connection.ts';
import type { GuestLink } from './guest-link.ts';
import { schemaOfNames } from './schema.ts';
import { NEGOTIATE } from './session.ts';
import { VERSION } from './version.ts';

/** What the commands of the server itself work on. */
export interface Front {
  readonly link: GuestLink;
  /** How many clients have negotiated. */
  clients(): number;
}

type FrontCommand = (args: JsonObject, client: ClientContext, front: Front) => Promise<Printable> | Printable;

const LONGEST_MS = 3_600_000n;
const NO_ARGUMENTS = object({});
const TIMEOUT = object({ milliseconds: int64 });

/** Commands that the server answers itself; everything else is the guest's. An agent's command of such a name is hidden. */
export const FRONT_COMMANDS: ReadonlyMap<string, FrontCommand> = new Map<string, FrontCommand>([
  ['query-version', (args) => without(args, VERSION)],
  [
    'query-commands',
    async (args, client, { link }) => (await namesOf(without(args, link), client)).map((name) => ({ name })),
  ],
  ['query-qmp-schema', async (args, client, { link }) => schemaOfNames(await namesOf(without(args, link), client))],
  [
    'uga-qmp-status',
    (args, client, { link, clients }) => {
      const { kind: agent } = without(args, link).state;
      const reason = link.state.kind === 'disconnected' ? link.state.reason : undefined;
      return { agent, reason, clients: clients(), timeout: client.timeoutMs };
    },
  ],
  [
    'uga-qmp-timeout',
    (args, client) => {
      const { milliseconds } = TIMEOUT.parse(args, '');
      if (milliseconds < 1n || milliseconds > LONGEST_MS) {
        throw new AgentError('invalid-argument', `Parameter 'milliseconds' expects a number from 1 to ${LONGEST_MS}`);
      }
      client.timeoutMs = Number(milliseconds);
      return {};
    },
  ],
]);

/** @throws {AgentError} 'invalid-argument' if there are arguments */
function without<T>(args: JsonObject, value: T): T {
  NO_ARGUMENTS.parse(args, '');
  return value;
}

/** Every command that is taken now, the guest's and those of the server. @throws as GuestLink.request */
async function namesOf(link: GuestLink, client: ClientContext): Promise<string[]> {
  const own = [NEGOTIATE, ...FRONT_COMMANDS.keys()];
  const guests = readCommands(await link.request('guest-info', undefined, client));
  const isTheirs = ({ name, enabled }: GuestCommand): boolean => enabled && !own.includes(name);
  return [...own, ...guests.filter(isTheirs).map(({ name }) => name)];
}
