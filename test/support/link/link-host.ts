import path from 'node:path';
import { type Introduction, SystemLink } from '#session-agent/system-link/system-link.ts';
import { MemoryLog } from '#shared/log/memory.ts';
import { LinkServer } from '#system-agent/session-link/server.ts';
import type { ServedAgent } from '#system-agent/session-link/session-link.ts';
import { openLinkSocket } from '#system-agent/session-link/socket.ts';
import { FakeDecision, FakeSessions, session } from '#test/fakes/sessions.ts';
import { temporaryFolder } from '../programs.ts';
import { until } from '../until.ts';

export const OUR_UID = process.getuid?.() ?? 0;

/** Sessions 1 and 2 of the user that runs the test, whose manager all its processes belong to. */
export const ONE = session({ id: '1', uid: OUR_UID });
export const TWO = session({ id: '2', uid: OUR_UID, active: false });

export const RIGHTS = { clipboard: true, files: true };

/** The real server and real clients over a real socket, with sessions as the test says. */
export class LinkHost implements AsyncDisposable {
  readonly folder = temporaryFolder();
  readonly path = path.join(this.folder.path, 'run', 'link.sock');
  readonly sessions = new FakeSessions([ONE, TWO]);
  readonly decision = new FakeDecision();
  readonly log = new MemoryLog();
  readonly heard: (ServedAgent | undefined)[] = [];
  readonly #clients: SystemLink[] = [];
  server = this.#newServer();

  constructor() {
    this.sessions.places.set('', { uid: OUR_UID });
    this.decision.serve({ session: ONE, ...RIGHTS });
  }

  static async start(): Promise<LinkHost> {
    const host = new LinkHost();
    await host.server.start();
    return host;
  }

  /** As after a crash or an upgrade, but for the socket file that a crash leaves. */
  async restart(): Promise<void> {
    await this.server.stop();
    this.server = this.#newServer();
    await this.server.start();
  }

  client(parts: Partial<Introduction> = {}): SystemLink & { readonly said: MemoryLog } {
    const said = new MemoryLog();
    const introduction = {
      build: 'test',
      display: 'x11',
      features: ['monitors', 'later'],
      session: '1',
      ...parts,
    } as const;
    const client = new SystemLink({
      path: this.path,
      introduction,
      taken: (reason) => said.info('taken', { reason }),
      log: said,
    });
    this.#clients.push(client);
    return Object.assign(client, { said });
  }

  async connected(parts: Partial<Introduction> = {}): Promise<SystemLink> {
    const client = this.client(parts);
    await client.start();
    await until(() => client.isUp);
    return client;
  }

  messages(text: string) {
    return this.log.lines.filter(({ message }) => message === text).map(({ fields }) => fields);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.stop();
    await this.server.stop();
    this.folder[Symbol.dispose]();
  }

  #newServer(): LinkServer {
    const server = new LinkServer({
      listen: () => openLinkSocket(this.path),
      sessions: this.sessions,
      decision: this.decision,
      allowUids: new Set([OUR_UID]),
      build: 'test',
      log: this.log,
    });
    server.link.onServed((now) => this.heard.push(now));
    return server;
  }
}
