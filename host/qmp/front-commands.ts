import { type GuestCommand, readCommands } from '#host/qga/info.ts';
import { GuestError } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject, Printable } from '#shared/json/value.ts';
import { int64, object } from '#shared/schema/schema.ts';
import type { ClientContext } from './client-connection.ts';
import type { GuestLink } from './guest-link.ts';
import { addGuestSchema, SCHEMA_COMMAND } from './guest-schema.ts';
import { type Member, QmpSchema, type SchemaEntry } from './schema.ts';
import { NEGOTIATE } from './session.ts';
import { VERSION } from './version.ts';

/** What the commands of the server itself work on. */
export interface Front {
  readonly link: GuestLink;
  /** How many clients have negotiated. */
  clients(): number;
}

interface FrontCommand {
  readonly args: readonly Member[];
  /** @throws {AgentError} */
  run(args: JsonObject, client: ClientContext, front: Front): Promise<Printable> | Printable;
}

/** Longest deadline that a client can ask for: it holds up the others for as long. */
const LONGEST_MS = 3_600_000n;
const NO_ARGUMENTS = object({});
const TIMEOUT = object({ milliseconds: int64 });

/** Commands that the server answers itself; everything else is the guest's. An agent's command of such a name is hidden. */
export const FRONT_COMMANDS: ReadonlyMap<string, FrontCommand> = new Map<string, FrontCommand>([
  ['query-version', plain(() => VERSION)],
  ['query-commands', plain(async (client, { link }) => (await namesOf(link, client)).map((name) => ({ name })))],
  ['query-qmp-schema', plain((client, { link }) => schemaOf(link, client))],
  [
    'uga-qmp-status',
    plain((client, { link, clients }) => ({
      agent: link.state.kind,
      reason: link.state.kind === 'disconnected' ? link.state.reason : undefined,
      clients: clients(),
      timeout: client.timeoutMs,
    })),
  ],
  [
    'uga-qmp-timeout',
    {
      args: [{ name: 'milliseconds', type: 'int', optional: false }],
      run(args, client) {
        const { milliseconds } = TIMEOUT.parse(args, '');
        if (milliseconds < 1n || milliseconds > LONGEST_MS) {
          throw new AgentError('invalid-argument', `Parameter 'milliseconds' expects a number from 1 to ${LONGEST_MS}`);
        }
        client.timeoutMs = Number(milliseconds);
        return {};
      },
    },
  ],
]);

/** A command without arguments. */
function plain(run: (client: ClientContext, front: Front) => Promise<Printable> | Printable): FrontCommand {
  return {
    args: [],
    run(args, client, front) {
      NO_ARGUMENTS.parse(args, '');
      return run(client, front);
    },
  };
}

function isOurs(name: string): boolean {
  return name === NEGOTIATE || FRONT_COMMANDS.has(name);
}

/** Every command that is taken now, the server's own first. @throws as GuestLink.request */
async function namesOf(link: GuestLink, client: ClientContext): Promise<string[]> {
  const guests = readCommands(await link.request('guest-info', undefined, client));
  const isTheirs = ({ name, enabled }: GuestCommand): boolean => enabled && !isOurs(name);
  return [NEGOTIATE, ...FRONT_COMMANDS.keys(), ...guests.filter(isTheirs).map(({ name }) => name)];
}

/**
 * The agent's own description of itself if it has one. Otherwise its commands are known by their names alone: they take
 * anything and return anything.
 */
async function schemaOf(link: GuestLink, client: ClientContext): Promise<SchemaEntry[]> {
  const schema = new QmpSchema();
  schema.command(NEGOTIATE, [{ name: 'enable', type: '[str]', optional: true }], undefined);
  for (const [name, { args }] of FRONT_COMMANDS) schema.command(name, args, 'any');
  schema.event('UGA_AGENT_CONNECTED', []);
  schema.event('UGA_AGENT_DISCONNECTED', [{ name: 'reason', type: 'str', optional: false }]);
  schema.event('UGA_AGENT_RESTARTED', []);
  schema.event('UGA_EVENTS_MISSED', [{ name: 'missed', type: 'int', optional: false }]);
  try {
    addGuestSchema(schema, await link.request(SCHEMA_COMMAND, undefined, client), isOurs);
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    for (const name of await namesOf(link, client)) if (!isOurs(name)) schema.command(name, undefined, 'any');
  }
  return schema.entries();
}
