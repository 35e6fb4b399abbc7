import type { Socket } from 'node:net';
import { listenAsGuest } from './scripted-guest.ts';

export type OvirtLine = { readonly __name__: string } & Readonly<Record<string, unknown>>;
export type Say = (name: string, members?: object) => void;

export interface OvirtGuest extends AsyncDisposable {
  readonly path: string;
  /** What the host has sent. */
  readonly heard: readonly OvirtLine[];
}

/** What a guest does with a line; true if nothing else is to be done with it. */
export type OvirtScript = (line: OvirtLine, say: Say, socket: Socket) => boolean;

const BEAT_MS = 20;

/**
 * An agent with the manners of ovirt-guest-agent: answers refresh, echo and lifecycle events, keeps what needs a newer
 * version to itself, and sends heartbeats, the first of them with version 0.
 */
export async function startOvirtGuest(script: OvirtScript = () => false, maxVersion = 3): Promise<OvirtGuest> {
  const heard: OvirtLine[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const guest = await listenAsGuest((socket) => {
    const say: Say = (name, members = {}) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify({ __name__: name, ...members })}\n`);
    };
    let version = 0;
    const reports = (): void => {
      for (const [name, members, least] of REPORTS) if (version >= least) say(name, members);
    };
    let announced = 0;
    const beat = setInterval(() => {
      say('heartbeat', { ...HEARTBEAT, apiVersion: announced });
      announced = maxVersion;
    }, BEAT_MS);
    timers.add(beat);
    socket.on('close', () => clearInterval(beat));
    let text = '';
    socket.on('data', (bytes) => {
      const lines = (text + bytes.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines.map((json): OvirtLine => JSON.parse(json))) {
        heard.push(line);
        if (script(line, say, socket)) continue;
        const { __name__: name, ...members } = line;
        if (name === 'refresh') reports();
        if (name === 'echo') say('echo', members);
        if (name === 'lifecycle-event') say('completion', { reply_id: members.reply_id, done: true });
        if (name === 'api-version' && members.apiVersion !== version) {
          version = Number(members.apiVersion);
          reports();
        }
      }
    });
  });
  return {
    path: guest.path,
    heard,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      await guest[Symbol.asyncDispose]();
    },
  };
}

const HEARTBEAT = {
  'free-ram': '3921',
  'memory-stat': { mem_total: 8147148, mem_unused: '100', swap_total: 999424, swap_usage: 2048 },
};

const REPORTS: readonly (readonly [name: string, members: object, leastVersion: number])[] = [
  ['session-startup', {}, 0],
  ['active-user', { name: 'ada' }, 0],
  ['host-name', { name: 'vm1.example.org' }, 0],
  ['os-version', { version: '6.1.0' }, 0],
  [
    'network-interfaces',
    { interfaces: [{ name: 'eth0', hw: '52:54:00:5b:3f:e1', inet: ['10.0.0.5'], inet6: ['fe80::1'] }] },
    0,
  ],
  ['fqdn', { fqdn: 'vm1.example.org' }, 0],
  ['timezone', { zone: 'Europe/Prague', offset: 60 }, 2],
  [
    'os-info',
    { version: '12', distribution: 'Debian', codename: 'bookworm', arch: 'x86_64', type: 'linux', kernel: '6.1.0' },
    2,
  ],
];
