import { formatMessage, type OvirtEvent, OvirtReader } from '#protocol/ovirt/message.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { DoorAudit } from '../audit/audit.ts';
import type { Channel, ChannelEvents } from '../channels/channel.ts';
import type { DescribedDoor, DoorDescription } from '../control/described.ts';
import { Changes } from './changes.ts';
import type { Conversation } from './command.ts';
import { commands } from './commands/index.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Gate } from './gate.ts';
import type { OvirtOptions } from './options.ts';
import type { Console, OvirtPorts } from './ports.ts';
import type { Report } from './report.ts';
import { Reporter } from './reporter.ts';
import { Heartbeat } from './reports/heartbeat.ts';
import { atStart, onRefresh, paced, watched } from './reports/index.ts';
import { sessionShutdown } from './reports/session-shutdown.ts';
import { sessionWords } from './reports/session-words.ts';
import { Schedule } from './schedule.ts';
import { VersionNegotiation } from './version.ts';

export interface OvirtParts {
  readonly channel: Channel;
  readonly ports: Partial<OvirtPorts>;
  /** Says of each command whether it may run now. */
  readonly gate: Gate;
  /** May the host be told this report? Default: every one. */
  readonly mayTell?: (report: string) => boolean;
  readonly options: OvirtOptions;
  /** Milliseconds of a clock that nobody sets. Default: the process's own. */
  readonly nowMs?: () => number;
  readonly log: Log;
  readonly audit?: DoorAudit | undefined;
}

/**
 * The door of oVirt hosts: tells them about the guest, at intervals and when something changes, and does what they ask.
 * Nothing is said while no host is connected, and one that does not read is told nothing more until it does: then it
 * gets everything anew, because what was left out is stale.
 */
export class OvirtDoor implements Service, ChannelEvents, DescribedDoor {
  readonly name = 'ovirt';
  readonly #channel: Channel;
  readonly #log: Log;
  readonly #heartbeatMs: number;
  readonly #reader = new OvirtReader('host');
  readonly #version = new VersionNegotiation();
  readonly #schedule: Schedule;
  readonly #heartbeat: Heartbeat;
  readonly #reporter: Reporter;
  readonly #changes: Changes;
  readonly #dispatcher: Dispatcher;
  readonly #conversation: Conversation;
  readonly #console: Console | undefined;
  #words: Disposable | undefined;
  #isNew = true;
  #isConnected = false;
  #isBlocked = false;
  #drops = 0;
  #beats: NodeJS.Timeout | undefined;

  constructor({ channel, ports, gate, mayTell = () => true, options, nowMs, log, audit }: OvirtParts) {
    this.#channel = channel;
    this.#log = log;
    this.#heartbeatMs = options.intervals.heartbeat * 1000;
    this.#schedule = new Schedule(options.intervals);
    this.#console = ports.console;
    this.#heartbeat = new Heartbeat(ports.memory, nowMs ?? (() => performance.now()), log);
    const listener = {
      understands: ({ name, since }: Report) =>
        this.#isConnected && !this.#isBlocked && this.#version.inForce >= since && mayTell(name),
      send: (line: Buffer) => this.#send(line),
    };
    this.#reporter = new Reporter(ports, options, listener, log);
    this.#changes = new Changes(watched, ports, (reports) => this.#reporter.tell(reports, 'if-changed'), log);
    this.#dispatcher = new Dispatcher(commands, ports, gate, log, audit);
    this.#conversation = {
      version: this.#version,
      refresh: () => this.refresh(),
      tell: (reports) => this.#tell(reports),
      answer: (name, members) => this.#send(formatMessage(name, members)),
    };
  }

  get isAtRest(): boolean {
    return this.#reader.isIdle;
  }

  async start(): Promise<void> {
    this.#channel.open(this);
  }

  async stop(): Promise<void> {
    this.#tell([sessionShutdown]);
    await this.#channel.close();
    this.#forget();
  }

  /** Tells a host that is there everything anew. */
  refresh(): void {
    this.#tell(onRefresh);
    this.#tellSession();
  }

  describe(): DoorDescription {
    return this.#dispatcher.tally.describe([{ name: 'version', text: String(this.#version.inForce) }]);
  }

  connected(): void {
    this.#forget();
    this.#isConnected = true;
    this.#dispatcher.connected();
    this.#version.hostConnected();
    this.#reporter.forget();
    this.#schedule.restart();
    if (this.#isNew) {
      this.#tell(atStart);
      this.#tellSession();
    }
    this.#isNew = false;
    this.#beat();
    this.#beats = setInterval(() => this.#tick(), this.#heartbeatMs);
    this.#changes.watch();
    this.#words = this.#console?.onWord(({ word }) => {
      this.#reporter.tell([sessionWords[word]], word === 'active-user' ? 'if-changed' : 'always');
    });
  }

  disconnected(): void {
    this.#forget();
  }

  data(bytes: Uint8Array): void {
    for (const event of this.#reader.push(bytes)) this.#take(event);
  }

  drained(): void {
    this.#unblock();
    this.refresh();
  }

  /** The host says no more and reads on: it gets what it has asked for. */
  ended(): void {
    const beats = this.#beats;
    const hangUp = () => {
      if (beats === this.#beats) this.#channel.hangUp(); // else it has gone by itself
    };
    this.#reporter.settled().then(hangUp, hangUp);
  }

  #take(event: OvirtEvent): void {
    if (event.kind === 'message') return this.#dispatcher.carryOut(event.message, this.#conversation);
    // The protocol has no answer to a line that cannot be read; of a host's many the first is worth reading about.
    this.#log[this.#drops++ === 0 ? 'warn' : 'debug']('line of the host dropped', { reason: event.reason });
  }

  #tick(): void {
    this.#beat();
    for (const pace of this.#schedule.beat()) {
      this.#reporter.tell(paced[pace], pace === 'users' ? 'if-changed' : 'always');
    }
  }

  #beat(): void {
    if (this.#isBlocked) return;
    this.#send(formatMessage('heartbeat', this.#heartbeat.members(this.#version.nextAnnouncement())));
  }

  #tell(reports: readonly Report[]): void {
    this.#reporter.tell(reports, 'always');
  }

  /** A host knows of no session what it has not been told since it came, VDSM not even what it knew before its own restart. */
  #tellSession(): void {
    const words = this.#console?.words ?? [];
    this.#tell(words.flatMap(({ word }) => (word === 'active-user' ? [] : [sessionWords[word]])));
  }

  #send(line: Buffer): void {
    if (this.#channel.write(line) || this.#isBlocked) return;
    this.#isBlocked = true;
    this.#channel.pause(); // a host that asks without reading the answers is not read either
  }

  #unblock(): void {
    if (this.#isBlocked) this.#channel.resume();
    this.#isBlocked = false;
  }

  #forget(): void {
    this.#isConnected = false;
    clearInterval(this.#beats);
    this.#beats = undefined;
    this.#changes.unwatch();
    this.#words?.[Symbol.dispose]();
    this.#words = undefined;
    this.#reader.reset();
    this.#drops = 0;
    this.#unblock();
  }
}
