/** Where hosts come in. */
export const DOORS = ['qga', 'ovirt', 'vdagent'] as const;
export type Door = (typeof DOORS)[number];

/** What is written down for one class. */
interface ClassRow {
  /** What a host can do with it, as half a sentence. */
  readonly help: string;
  /** Tells of the guest and changes nothing: what stays when a policy is not understood. */
  readonly onlyTells?: true;
}

/** What hosts can do, in the words in which an administrator thinks of it. Every command of every door is of one class. */
export const CLASSES = {
  link: { help: 'keep up the conversation itself: sync, ping, versions, what is possible here', onlyTells: true },
  system: {
    help: 'learn what runs here: system, names, time, processors, memory, load, packages, containers',
    onlyTells: true,
  },
  network: { help: 'learn addresses, interfaces and routes', onlyTells: true },
  users: { help: 'learn who is logged in', onlyTells: true },
  storage: { help: 'learn disks, file systems and how full they are', onlyTells: true },
  events: { help: 'be told what happens in the guest' },
  freeze: { help: 'freeze and thaw file systems' },
  lifecycle: { help: 'say that a migration or hibernation begins or is over' },
  trim: { help: 'give unused blocks of file systems back' },
  power: { help: 'shut down and restart' },
  sleep: { help: 'suspend and hibernate' },
  time: { help: 'set the clock' },
  hardware: { help: 'switch processors and memory on and off' },
  accounts: { help: 'set passwords, and read and change SSH keys' },
  files: { help: 'open, read and write files' },
  exec: { help: 'start programs and read what they write' },
  display: { help: 'arrange the monitors' },
  pointer: { help: 'move the pointer and press its buttons' },
  'clipboard-in': { help: "offer the client's clipboard to the guest" },
  'clipboard-out': { help: "take the guest's clipboard" },
  'files-in': { help: "put files into the user's folder" },
  session: { help: 'lock the screen and end the session' },
  login: { help: 'log a user in' },
} as const satisfies Readonly<Record<string, ClassRow>>;

export type Class = keyof typeof CLASSES;
export const CLASS_NAMES = Object.keys(CLASSES) as readonly Class[];

/** What stays when a policy cannot be understood: it changes nothing and gives no content (S10). */
export const TELLING: ReadonlySet<Class> = new Set(CLASS_NAMES.filter((name) => 'onlyTells' in CLASSES[name]));

type Table = Readonly<Record<string, Class>>;

const qga: Table = {
  'guest-exec': 'exec',
  'guest-exec-status': 'exec',
  'guest-file-close': 'files',
  'guest-file-flush': 'files',
  'guest-file-open': 'files',
  'guest-file-read': 'files',
  'guest-file-seek': 'files',
  'guest-file-write': 'files',
  'guest-fsfreeze-freeze': 'freeze',
  'guest-fsfreeze-freeze-list': 'freeze',
  'guest-fsfreeze-status': 'freeze',
  'guest-fsfreeze-thaw': 'freeze',
  'guest-fstrim': 'trim',
  'guest-get-cpustats': 'system',
  'guest-get-disks': 'storage',
  'guest-get-diskstats': 'storage',
  'guest-get-fsinfo': 'storage',
  'guest-get-host-name': 'system',
  'guest-get-load': 'system',
  'guest-get-memory-block-info': 'system',
  'guest-get-memory-blocks': 'system',
  'guest-get-osinfo': 'system',
  'guest-get-time': 'system',
  'guest-get-timezone': 'system',
  'guest-get-users': 'users',
  'guest-get-vcpus': 'system',
  'guest-info': 'link',
  'guest-network-get-interfaces': 'network',
  'guest-network-get-route': 'network',
  'guest-ping': 'link',
  'guest-set-memory-blocks': 'hardware',
  'guest-set-time': 'time',
  'guest-set-user-password': 'accounts',
  'guest-set-vcpus': 'hardware',
  'guest-shutdown': 'power',
  'guest-ssh-add-authorized-keys': 'accounts',
  'guest-ssh-get-authorized-keys': 'accounts',
  'guest-ssh-remove-authorized-keys': 'accounts',
  'guest-suspend-disk': 'sleep',
  'guest-suspend-hybrid': 'sleep',
  'guest-suspend-ram': 'sleep',
  'guest-sync': 'link',
  'guest-sync-delimited': 'link',
  'uga-applications': 'system',
  'uga-audit-head': 'link',
  'uga-containers': 'system',
  'uga-event-wait': 'events',
  'uga-freeze-renew': 'freeze',
  'uga-freeze-status': 'freeze',
  'uga-memory-stats': 'system',
  'uga-query-schema': 'link',
  'uga-session-list': 'users',
  'uga-session-lock': 'session',
  'uga-session-logoff': 'session',
  'uga-session-login': 'login',
  'uga-session-unlock': 'login',
};

/** What hosts are told by uga-event-wait: an event is kept from them by the class of what it tells. */
const qgaEvents: Table = {
  ADDRESSES_CHANGED: 'network',
  AUDIT_FAILED: 'events',
  CLOCK_JUMPED: 'events',
  GUEST_FROZEN: 'events',
  GUEST_THAWED: 'events',
  MOUNTS_CHANGED: 'storage',
  POLICY_DENIED: 'events',
  RESUMED: 'events',
  SESSION_ACTIVE: 'users',
  SESSION_ADDED: 'users',
  SESSION_INACTIVE: 'users',
  SESSION_LOCKED: 'users',
  SESSION_REMOVED: 'users',
  SESSION_UNLOCKED: 'users',
  SHUTDOWN_BEGUN: 'events',
};

/** What oVirt hosts send. */
const ovirtCommands: Table = {
  'api-version': 'link',
  echo: 'link',
  hibernate: 'sleep',
  'lifecycle-event': 'lifecycle',
  'lock-screen': 'session',
  'log-off': 'session',
  login: 'login',
  refresh: 'link',
  'set-number-of-cpus': 'hardware',
  shutdown: 'power',
};

/** What oVirt hosts are told unasked: a class that hosts may not ask for is not told either. */
const ovirtReports: Table = {
  'active-user': 'users',
  applications: 'system',
  containers: 'system',
  'disks-usage': 'storage',
  fqdn: 'system',
  'host-name': 'system',
  'network-interfaces': 'network',
  'number-of-cpus': 'system',
  'os-info': 'system',
  'os-version': 'system',
  'session-lock': 'users',
  'session-logoff': 'users',
  'session-logon': 'users',
  'session-shutdown': 'link',
  'session-startup': 'link',
  'session-unlock': 'users',
  timezone: 'system',
};

/** Messages of SPICE hosts and their clients. What the guest sends is judged as the message that asks for it. */
const vdagent: Table = {
  'announce-capabilities': 'link',
  'audio-volume-sync': 'display',
  'client-disconnected': 'link',
  clipboard: 'clipboard-in',
  'clipboard-grab': 'clipboard-in',
  'clipboard-release': 'link',
  'clipboard-request': 'clipboard-out',
  'display-config': 'display',
  'file-transfer-data': 'files-in',
  'file-transfer-start': 'files-in',
  'file-transfer-status': 'files-in',
  'graphics-device-info': 'display',
  'max-clipboard': 'link',
  'monitors-config': 'display',
  'mouse-state': 'pointer',
  reply: 'link',
};

/** Of every door, every command, report, event and message with its class. What does not stand here is denied by every profile (S10). */
export const COMMANDS: Readonly<Record<Door, ReadonlyMap<string, Class>>> = {
  qga: new Map(Object.entries({ ...qga, ...qgaEvents })),
  ovirt: new Map(Object.entries({ ...ovirtCommands, ...ovirtReports })),
  vdagent: new Map(Object.entries(vdagent)),
};
