import assert from 'node:assert/strict';
import type { OvirtMessage } from '#protocol/ovirt/message.ts';
import type { JsonValue } from '#shared/json/value.ts';

type Check = (value: JsonValue | undefined, where: string) => void;

/**
 * Fails for a message over which VDSM raises, or which it or ovirt-engine would throw away: a member that is missing
 * or of another shape, or a name that they do not know.
 */
export function checkMessage({ name, members }: OvirtMessage): void {
  const checks = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
  assert.ok(checks !== undefined, `a message that VDSM does not know: ${name}`);
  if (name !== 'echo') {
    const surplus = [...members.keys()].filter((member) => !Object.hasOwn(checks, member));
    assert.deepEqual(surplus, [], `${name} has members of its own`);
  }
  for (const [member, check] of Object.entries(checks)) check(members.get(member), `${name}.${member}`);
}

/** The same for a line as JSON.parse gives it, for tests that share no reader with what is tested. */
export function checkLine({ __name__: name, ...members }: { readonly __name__: string }): void {
  checkMessage({
    name,
    members: new Map(Object.entries(members).map(([member, value]) => [member, inOurTypes(value)])),
  });
}

function inOurTypes(value: unknown): JsonValue {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOurTypes);
  return new Map(Object.entries(value as object).map(([member, one]) => [member, inOurTypes(one)]));
}

const text: Check = (value, where) => assert.equal(typeof value, 'string', where);
const filled: Check = (value, where) => {
  text(value, where);
  assert.notEqual(value, '', where);
};
/** What Python's int() takes. */
const integer: Check = (value, where) =>
  assert.ok(
    typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value)),
    `${where} is ${String(value)}`,
  );
const id: Check = (value, where) => (typeof value === 'bigint' ? undefined : filled(value, where));
const isTrue: Check = (value, where) => assert.equal(value, true, where);

const listOf =
  (item: Check): Check =>
  (value, where) => {
    assert.ok(Array.isArray(value), where);
    for (const [index, one] of value.entries()) item(one, `${where}[${index}]`);
  };

const object =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, where) => {
    assert.ok(value instanceof Map, where);
    for (const [member, check] of Object.entries(members)) check(value.get(member), `${where}.${member}`);
  };

const everyMember =
  (check: Check): Check =>
  (value, where) => {
    assert.ok(value instanceof Map, where);
    for (const [member, one] of value) check(one, `${where}.${member}`);
  };

const optional =
  (check: Check): Check =>
  (value, where) => {
    if (value !== undefined) check(value, where);
  };

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  heartbeat: { 'free-ram': integer, 'memory-stat': optional(everyMember(integer)), apiVersion: optional(integer) },
  'host-name': { name: filled },
  fqdn: { fqdn: filled },
  'os-version': { version: filled },
  'os-info': { version: filled, distribution: text, codename: text, arch: filled, type: filled, kernel: text },
  timezone: { zone: text, offset: integer },
  'network-interfaces': {
    interfaces: listOf(object({ name: filled, hw: text, inet: listOf(filled), inet6: listOf(filled) })),
  },
  applications: { applications: listOf(text) },
  containers: { list: listOf(object({ id: text, names: listOf(text), image: text, command: text, status: text })) },
  'disks-usage': {
    disks: listOf(object({ path: filled, fs: filled, total: integer, used: integer })),
    mapping: optional(everyMember(object({ name: filled }))),
  },
  'number-of-cpus': { count: integer },
  'active-user': { name: filled },
  'session-startup': {},
  'session-shutdown': {},
  'session-logon': {},
  'session-logoff': {},
  'session-lock': {},
  'session-unlock': {},
  completion: { reply_id: id, done: isTrue },
  uninstalled: {},
  echo: {},
};

/** Every message that an agent may send. */
export const MESSAGE_NAMES: readonly string[] = Object.keys(MESSAGES);
