import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { JsonReader } from '#protocol/qga/reader.ts';
import type { Secret } from '#shared/bytes/secret.ts';
import { BusClient } from '#shared/dbus/client.ts';
import type { Signal } from '#shared/dbus/values.ts';
import { formatJson } from '#shared/json/format.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { readAvailable, writeAvailable } from '#shared/native/descriptor.ts';
import { connectUnix } from '#shared/native/unix-socket.ts';
import { commands } from '#system-agent/qga/commands/index.ts';
import { Dispatcher } from '#system-agent/qga/dispatcher.ts';
import type { Session } from '#system-agent/sessions/sessions.ts';
import { CREDENTIALS } from '#system-agent/sso/announcement.ts';
import { type BrokerParts, CredentialBroker } from '#system-agent/sso/broker.ts';
import { FakeSessions } from '#test/fakes/sessions.ts';
import { until } from '#test/support/until.ts';
import type { PrivateBus } from '../dbus/daemon.ts';

const UIDS: Readonly<Record<string, number>> = { root: 0, alice: 1000, bob: 1001, ünal: 1002 };

/** What the host's port of oVirt would bring, over QEMU's. */
export interface Answer {
  readonly return?: { readonly state: string };
  readonly error?: { readonly desc: string };
}

/** The broker on a bus and a socket of the test's own, with a shell that hears what it announces. */
export class SsoRig implements AsyncDisposable {
  readonly socket = `\0uga-test-${randomUUID()}`;
  readonly sessions: FakeSessions;
  readonly log = new MemoryLog();
  readonly tokens: string[] = [];
  readonly unlocked: string[] = [];
  readonly checked: string[] = [];
  /** What PAM says. */
  verdict: number | undefined = 1000;
  off: string | undefined;
  clock = 0;
  readonly broker: CredentialBroker;
  readonly #bus: BusClient;
  readonly #shell: BusClient;
  readonly #dispatcher: Dispatcher;

  private constructor(bus: PrivateBus, sessions: readonly Session[], parts: Partial<BrokerParts>) {
    this.sessions = new FakeSessions(sessions);
    this.#bus = new BusClient([bus.socket], this.log);
    this.#shell = new BusClient([bus.socket], this.log);
    this.broker = new CredentialBroker({
      bus: this.#bus,
      sessions: this.sessions,
      find: async (name) => {
        const uid = Object.hasOwn(UIDS, name) ? UIDS[name] : undefined;
        return uid === undefined ? undefined : { name, uid, gid: uid, home: '/home' };
      },
      system: {
        check: async (user: string, password: Secret) => {
          this.checked.push(`${user} ${password.bytes}`);
          return this.verdict;
        },
        unlock: async (session) => {
          this.unlocked.push(session);
        },
      },
      otherUser: 'refuse',
      isOff: () => this.off,
      socket: this.socket,
      now: () => performance.now() + this.clock,
      log: this.log,
      ...parts,
    });
    this.#dispatcher = new Dispatcher(commands, { sso: this.broker }, () => undefined, this.log);
  }

  static async start(bus: PrivateBus, sessions: readonly Session[], parts: Partial<BrokerParts> = {}): Promise<SsoRig> {
    const rig = new SsoRig(bus, sessions, parts);
    const match = { sender: CREDENTIALS.name, interface: CREDENTIALS.name, member: 'UserAuthenticated' };
    rig.#shell.subscribe(match, ({ body }: Signal) => rig.tokens.push(String(body[0])));
    await rig.#shell.start();
    await rig.#bus.start();
    await until(() => rig.#bus.connected && rig.#shell.connected, 'both are on the bus');
    await rig.broker.start();
    return rig;
  }

  /** Announcing is possible. */
  async ready(): Promise<this> {
    await until(() => this.broker.describe().why === undefined, 'the broker can announce');
    return this;
  }

  ask(command: 'uga-session-login' | 'uga-session-unlock', username: string, password: string): Promise<Answer> {
    const request = { execute: command, arguments: { username, password } };
    return this.send(Buffer.from(JSON.stringify(request)));
  }

  /** A request as it comes from the host. */
  async send(...pieces: readonly Buffer[]): Promise<Answer> {
    const reader = new JsonReader({ forGuest: true });
    const [event] = pieces.flatMap((piece) => reader.push(piece));
    if (event?.kind !== 'value') return { error: { desc: event?.desc ?? 'nothing' } };
    const { reply } = await this.#dispatcher.answer(event.value);
    return JSON.parse(formatJson(reply ?? {})) as Answer;
  }

  login(username = 'alice', password = 'secret'): Promise<Answer> {
    return this.ask('uga-session-login', username, password);
  }

  /** The next token that the shell hears. */
  async token(): Promise<string> {
    await until(() => this.tokens.length > 0, 'a token is announced');
    return this.tokens.shift() ?? '';
  }

  /** What a PAM module gets for these bytes. */
  async show(token: string | Buffer): Promise<Buffer> {
    const fd = connectUnix(this.socket);
    try {
      writeAvailable(fd, Buffer.from(token as string));
      return await readToEnd(fd);
    } finally {
      closeSync(fd);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop();
    await this.#bus.stop();
    await this.#shell.stop();
  }
}

/** @param fd non-blocking */
export async function readToEnd(fd: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  await until(() => {
    const part = Buffer.alloc(4096);
    let count: number | undefined;
    try {
      count = readAvailable(fd, part);
    } catch {
      return true; // reset: the other side did not read everything
    }
    if (count) parts.push(part.subarray(0, count));
    return count === 0;
  }, 'the answer ends');
  const whole = Buffer.concat(parts);
  for (const part of parts) part.fill(0);
  return whole;
}
