import { listOf, member, textOf } from '#host/qga/info.ts';
import type { OvirtMessage } from '#protocol/ovirt/message.ts';
import { plain } from '#shared/cli/plain.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonValue } from '#shared/json/value.ts';

const MAX_ITEMS = 8;
const MAX_TEXT = 200;
const NAME_WIDTH = 20;

/** What a message says, in one line that is safe for a terminal. */
export function describe({ name, members }: OvirtMessage): string {
  const words = WORDS.get(name)?.(members) ?? plain(formatJson(members), MAX_TEXT);
  return `${plain(name, 40).padEnd(NAME_WIDTH)}${words}`.trimEnd();
}

const WORDS: ReadonlyMap<string, (members: JsonValue) => string> = new Map([
  ['heartbeat', heartbeat],
  ['host-name', (members) => show(member(members, 'name'))],
  ['active-user', (members) => show(member(members, 'name'))],
  ['fqdn', (members) => show(member(members, 'fqdn'))],
  ['os-version', (members) => show(member(members, 'version'))],
  ['os-info', osInfo],
  ['timezone', (members) => `${show(member(members, 'zone'))}, ${show(member(members, 'offset'))} min east of UTC`],
  ['number-of-cpus', (members) => show(member(members, 'count'))],
  ['network-interfaces', interfaces],
  ['disks-usage', disks],
  ['applications', (members) => some(member(members, 'applications'), show)],
  ['session-startup', () => ''],
  ['session-shutdown', () => ''],
  ['session-logon', () => ''],
  ['session-logoff', () => ''],
  ['session-lock', () => ''],
  ['session-unlock', () => ''],
]);

/** "3921 MiB free of 7956 MiB, swap 0 of 976 MiB, API 3" */
export function heartbeat(members: JsonValue): string {
  const statistics = member(members, 'memory-stat');
  const total = mebibytes(member(statistics, 'mem_total'));
  const swap = mebibytes(member(statistics, 'swap_total'));
  return [
    `${show(member(members, 'free-ram'))} MiB free${total === undefined ? '' : ` of ${total} MiB`}`,
    ...(swap === undefined ? [] : [`swap ${mebibytes(member(statistics, 'swap_usage')) ?? '?'} of ${swap} MiB`]),
    `API ${show(member(members, 'apiVersion'))}`,
  ].join(', ');
}

export function osInfo(members: JsonValue): string {
  const names = ['distribution', 'version', 'codename', 'arch'].map((name) => textOf(member(members, name)) ?? '');
  return plain(
    `${names.filter((text) => text !== '').join(' ')}, kernel ${textOf(member(members, 'kernel')) ?? '?'}`,
    MAX_TEXT,
  );
}

/** "eth0: 10.0.0.5, fe80::1; eth1: no address" */
export function interfaces(members: JsonValue): string {
  return some(
    member(members, 'interfaces'),
    (item) => {
      const addresses = [...listOf(member(item, 'inet')), ...listOf(member(item, 'inet6'))];
      return `${show(member(item, 'name'))}: ${some(addresses, show) || 'no address'}`;
    },
    '; ',
  );
}

function disks(members: JsonValue): string {
  return some(member(members, 'disks'), (disk) => {
    return `${show(member(disk, 'path'))} ${mebibytes(member(disk, 'used'), 2 ** 20) ?? '?'} of ${mebibytes(member(disk, 'total'), 2 ** 20) ?? '?'} MiB`;
  });
}

function some(list: JsonValue | undefined, text: (item: JsonValue) => string, separator = ', '): string {
  const items = listOf(list);
  const texts = items.slice(0, MAX_ITEMS).map(text);
  return (items.length > MAX_ITEMS ? [...texts, `and ${items.length - MAX_ITEMS} more`] : texts).join(separator);
}

/** Both numbers and numeric strings are legal on this wire. */
function mebibytes(value: JsonValue | undefined, unitsPerMebibyte = 1024): number | undefined {
  if (value === undefined || value === null || typeof value === 'object') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? Math.floor(number / unitsPerMebibyte) : undefined;
}

function show(value: JsonValue | undefined): string {
  if (value === undefined || value === '') return '?';
  return plain(typeof value === 'string' ? value : formatJson(value), 100);
}
