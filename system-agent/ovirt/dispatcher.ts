import type { OvirtMessage } from '#protocol/ovirt/message.ts';
import { AgentError, errnoOf } from '#shared/errors.ts';
import { wipeSecrets } from '#shared/json/secrets.ts';
import type { JsonObject } from '#shared/json/value.ts';
import type { Log } from '#shared/log/log.ts';
import { type DoorAudit, type Entry, unaudited } from '../audit/audit.ts';
import { RequestTally } from '../control/described.ts';
import type { Command, Conversation } from './command.ts';
import type { Gate } from './gate.ts';
import type { OvirtPorts } from './ports.ts';

/** Of a name that means nothing to us. */
const MAX_LOGGED_NAME = 64;

/** Carries out one command. Knows no bytes and no channel. The protocol has no errors: they are for the log. */
export class Dispatcher {
  readonly tally = new RequestTally();
  readonly #byName: ReadonlyMap<string, Command>;

  constructor(
    commands: readonly Command[],
    private readonly ports: Partial<OvirtPorts>,
    private readonly gate: Gate,
    private readonly log: Log,
    private readonly audit: DoorAudit = unaudited,
  ) {
    this.#byName = new Map(commands.map((command) => [command.name, command]));
  }

  /** Never throws, never makes the next command wait, and wipes the secrets of the message when it is done. */
  carryOut(message: OvirtMessage, conversation: Conversation): void {
    const done = this.#carryOut(message, conversation);
    const wipe = () => wipeSecrets(message.members);
    if (done === undefined) wipe();
    else done.then(wipe, wipe);
  }

  /** Members are not logged: a password may be among them. @returns what never rejects */
  #carryOut({ name, members }: OvirtMessage, conversation: Conversation): Promise<void> | undefined {
    const command = this.#byName.get(name);
    if (command === undefined) {
      this.#decline(name);
      return undefined;
    }
    const reason = command.isSupported(this.ports) ? this.gate(name, members) : undefined;
    if (command.isSupported(this.ports) && reason === undefined) return this.#run(command, members, conversation);
    if (reason === undefined) this.log.info('command is not possible here', { command: name });
    else this.#refuse(name, reason);
    command.decline(members, conversation);
    return undefined;
  }

  #run(command: Command, members: JsonObject, conversation: Conversation): Promise<void> | undefined {
    const { name } = command;
    this.tally.count(name);
    this.log[command.readOnly ? 'debug' : 'info']('command', { command: name });
    let entry: Entry | undefined;
    try {
      entry = this.audit.before(command, members);
      const done = command.call(members, this.ports, conversation);
      if (done !== undefined) {
        return done.then(
          () => this.audit.after(entry, { result: undefined }),
          (error: unknown) => this.#failed(name, error, entry),
        );
      }
      this.audit.after(entry, { result: undefined });
    } catch (error) {
      this.#failed(name, error, entry);
    }
    return undefined;
  }

  /** A host has come. */
  connected(): void {
    this.audit.connected();
  }

  #refuse(name: string, reason: string): void {
    this.log.info('command refused', { command: name, reason });
    this.audit.denied(name, reason);
  }

  #decline(name: string): void {
    this.audit.unknown();
    this.log.warn('unknown command', { command: name.slice(0, MAX_LOGGED_NAME) });
  }

  #failed(name: string, error: unknown, entry: Entry | undefined): void {
    this.audit.after(entry, { error });
    const isExpected = error instanceof AgentError || errnoOf(error) !== undefined;
    if (isExpected) this.log.warn('command failed', { command: name, error });
    else this.log.error('command failed by a bug', { command: name, error });
  }
}
