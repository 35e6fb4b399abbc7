import { commands } from '#system-agent/qga/commands/index.ts';

/** What a type's right value is, and wrong ones. */
const TYPES = {
  int: { right: 1, wrong: ['x', 1.5, true, null, {}, []] },
  text: { right: 'x', wrong: [1, true, null, {}, []] },
  flag: { right: true, wrong: [1, 'true', null, {}, []] },
  list: { right: [], wrong: [1, 'x', null, {}] },
  whence: { right: 'set', wrong: [null, {}, [], 1.5, 'x'] },
} as const;

type Argument = keyof typeof TYPES | `${keyof typeof TYPES}?`;

/** Arguments of every command; those with a question mark may be absent. */
export const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, Argument>>>> = {
  // capture-output is left out: until QEMU 8.1 it was a boolean, and the error says so.
  'guest-exec': { path: 'text', arg: 'list?', env: 'list?', 'input-data': 'text?' },
  'guest-exec-status': { pid: 'int' },
  'guest-file-close': { handle: 'int' },
  'guest-file-flush': { handle: 'int' },
  'guest-file-open': { path: 'text', mode: 'text?' },
  'guest-file-read': { handle: 'int', count: 'int?' },
  'guest-file-seek': { handle: 'int', offset: 'int', whence: 'whence' },
  'guest-file-write': { handle: 'int', 'buf-b64': 'text', count: 'int?' },
  'guest-fsfreeze-freeze': {},
  'guest-fsfreeze-freeze-list': { mountpoints: 'list?' },
  'guest-fsfreeze-status': {},
  'guest-fsfreeze-thaw': {},
  'guest-fstrim': { minimum: 'int?' },
  'guest-get-cpustats': {},
  'guest-get-disks': {},
  'guest-get-diskstats': {},
  'guest-get-fsinfo': {},
  'guest-get-host-name': {},
  'guest-get-load': {},
  'guest-get-memory-block-info': {},
  'guest-get-memory-blocks': {},
  'guest-get-osinfo': {},
  'guest-get-time': {},
  'guest-get-timezone': {},
  'guest-get-users': {},
  'guest-get-vcpus': {},
  'guest-info': {},
  'guest-network-get-interfaces': {},
  'guest-network-get-route': {},
  'guest-ping': {},
  'guest-set-memory-blocks': { 'mem-blks': 'list' },
  'guest-set-time': { time: 'int?' },
  'guest-set-user-password': { username: 'text', password: 'text', crypted: 'flag' },
  'guest-set-vcpus': { vcpus: 'list' },
  'guest-shutdown': { mode: 'text?' },
  'guest-ssh-add-authorized-keys': { username: 'text', keys: 'list', reset: 'flag?' },
  'guest-ssh-get-authorized-keys': { username: 'text' },
  'guest-ssh-remove-authorized-keys': { username: 'text', keys: 'list' },
  'guest-suspend-disk': {},
  'guest-suspend-hybrid': {},
  'guest-suspend-ram': {},
  'guest-sync': { id: 'int' },
  'guest-sync-delimited': { id: 'int' },
  'uga-applications': { names: 'list?' },
  'uga-audit-head': {},
  'uga-containers': {},
  'uga-event-wait': { cursor: 'int?', timeout: 'int?' },
  'uga-freeze-renew': { seconds: 'int?' },
  'uga-freeze-status': {},
  'uga-memory-stats': {},
  'uga-query-schema': {},
  'uga-session-list': {},
  'uga-session-lock': { session: 'text?' },
  'uga-session-logoff': { session: 'text?' },
  'uga-session-login': { username: 'text', password: 'text' },
  'uga-session-unlock': { username: 'text', password: 'text' },
};

export type WrongRequest = readonly [command: string, args: object];

/** Requests with one thing wrong in each, so that every agent must name that; none of them may do anything. */
export function wrongRequests(which: 'all' | 'read-only', newer: ReadonlySet<string>): WrongRequest[] {
  return commands
    .filter(({ name, readOnly }) => (which === 'all' || readOnly) && !newer.has(name))
    .flatMap(({ name }) => wrongOf(ARGUMENTS[name] ?? {}).map((args): WrongRequest => [name, args]));
}

function wrongOf(spec: Readonly<Record<string, Argument>>): object[] {
  const typeOf = (argument: Argument) => TYPES[argument.replace('?', '') as keyof typeof TYPES];
  const required = Object.entries(spec).filter(([, argument]) => !argument.endsWith('?'));
  const right = Object.fromEntries(required.map(([name, argument]) => [name, typeOf(argument).right]));
  return [
    { ...right, nonsense: 1 },
    ...required.map(([missing]) => Object.fromEntries(Object.entries(right).filter(([name]) => name !== missing))),
    ...Object.entries(spec).flatMap(([name, argument]) =>
      typeOf(argument).wrong.map((value) => ({ ...right, [name]: value })),
    ),
  ];
}
