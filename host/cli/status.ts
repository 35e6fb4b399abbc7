import type { QgaClient } from '#host/qga/client.ts';
import { listOf, member, readCommands, textOf } from '#host/qga/info.ts';
import type { RequestOptions } from '#host/qga/options.ts';
import { GuestError } from '#host/qga/reply.ts';
import { plain } from '#shared/cli/plain.ts';
import type { JsonValue } from '#shared/json/value.ts';

/** One question to the guest and how its answer reads, in one line or several. */
interface Row {
  readonly label: string;
  readonly command: string;
  readonly lines: (value: JsonValue) => string[];
}

const MAX_LINES = 16;
const MAX_ADDRESSES = 8;

const ROWS: readonly Row[] = [
  { label: 'agent', command: 'guest-info', lines: agentLines },
  { label: 'host name', command: 'guest-get-host-name', lines: (value) => [show(member(value, 'host-name'))] },
  { label: 'system', command: 'guest-get-osinfo', lines: systemLines },
  { label: 'time', command: 'guest-get-time', lines: timeLines },
  { label: 'time zone', command: 'guest-get-timezone', lines: zoneLines },
  { label: 'users', command: 'guest-get-users', lines: (users) => each(users, MAX_LINES, userText) },
  {
    label: 'interfaces',
    command: 'guest-network-get-interfaces',
    lines: (interfaces) => each(interfaces, MAX_LINES, interfaceText),
  },
];

/**
 * Asks a guest who it is. Everything it says is made safe for a terminal and cut to what fits a screen; a question it
 * refuses is answered by its reason.
 *
 * @returns lines without newlines
 * @throws {AgentError} when the guest cannot be asked at all; see QgaClient.request
 */
export async function readStatus(client: QgaClient, options: RequestOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for (const row of ROWS) {
    const texts = await ask(client, row, options);
    lines.push(...texts.map((text, at) => `${(at === 0 ? row.label : '').padEnd(12)}${text}`));
  }
  return lines;
}

async function ask(client: QgaClient, { command, lines }: Row, options: RequestOptions): Promise<string[]> {
  try {
    const texts = lines(await client.request(command, undefined, options));
    return texts.length === 0 ? ['none'] : texts;
  } catch (error) {
    if (error instanceof GuestError) return [`not available (${plain(error.message, 200)})`];
    throw error;
  }
}

function agentLines(info: JsonValue): string[] {
  const commands = readCommands(info);
  const enabled = commands.filter((command) => command.enabled).length;
  return [`version ${show(member(info, 'version'))}, ${enabled} of ${commands.length} commands enabled`];
}

function systemLines(info: JsonValue): string[] {
  const name = textOf(member(info, 'pretty-name')) ?? textOf(member(info, 'name')) ?? '';
  return [`${show(name)}, kernel ${show(member(info, 'kernel-release'))}, ${show(member(info, 'machine'))}`];
}

function timeLines(nanoseconds: JsonValue): string[] {
  return [typeof nanoseconds === 'bigint' ? dateText(Number(nanoseconds / 1_000_000n)) : '?'];
}

function zoneLines(zone: JsonValue): string[] {
  const offset = member(zone, 'offset');
  return [`${show(member(zone, 'zone'))}${typeof offset === 'bigint' ? `, ${offset} s east of UTC` : ''}`];
}

function userText(user: JsonValue): string {
  const since = member(user, 'login-time');
  const text = typeof since === 'number' || typeof since === 'bigint' ? dateText(Number(since) * 1000) : '?';
  return `${show(member(user, 'user'))}, since ${text}`;
}

function interfaceText(item: JsonValue): string {
  const addresses = each(member(item, 'ip-addresses'), MAX_ADDRESSES, (address) => {
    const prefix = member(address, 'prefix');
    return `${show(member(address, 'ip-address'))}/${typeof prefix === 'bigint' ? prefix : '?'}`;
  });
  return `${show(member(item, 'name'))}: ${addresses.join(', ') || 'no address'}`;
}

function each(list: JsonValue | undefined, max: number, text: (item: JsonValue) => string): string[] {
  const items = listOf(list);
  const texts = items.slice(0, max).map(text);
  return items.length > max ? [...texts, `and ${items.length - max} more`] : texts;
}

function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString();
}

function show(value: JsonValue | undefined): string {
  return typeof value === 'string' && value !== '' ? plain(value, 100) : '?';
}
