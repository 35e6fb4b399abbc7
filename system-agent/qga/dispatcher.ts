import {
  type ErrorClass,
  echoOfId,
  errorReply,
  parseRequest,
  type Reply,
  type Request,
} from '#protocol/qga/message.ts';
import { AgentError, errnoOf, messageOf } from '#shared/errors.ts';
import { wipeSecrets } from '#shared/json/secrets.ts';
import type { JsonValue, Printable } from '#shared/json/value.ts';
import type { Log } from '#shared/log/log.ts';
import { type DoorAudit, type Entry, unaudited } from '../audit/audit.ts';
import { type DoorDescription, RequestTally } from '../control/described.ts';
import type { Call, Command } from './command.ts';
import type { Gate } from './gate.ts';
import type { QgaPorts } from './ports.ts';

export interface Answer {
  /** Undefined when the protocol wants no answer. */
  readonly reply: Reply | undefined;
  /** Precede the bytes with the 0xFF sentinel. */
  readonly delimited: boolean;
}

/** Answers one request. Knows no bytes, no channel, no operating system. */
export class Dispatcher {
  readonly #byName: ReadonlyMap<string, Command>;
  readonly #listCommands: Call['listCommands'];
  readonly #tally = new RequestTally();

  constructor(
    commands: readonly Command[],
    private readonly platform: Partial<QgaPorts>,
    private readonly gate: Gate,
    private readonly log: Log,
    private readonly audit: DoorAudit = unaudited,
  ) {
    const supported = commands.filter((command) => command.isSupported(platform));
    this.#byName = new Map(supported.map((command) => [command.name, command]));
    this.#listCommands = () => supported.map((command) => ({ command, refusal: gate(command) }));
  }

  /**
   * Never throws or rejects, and wipes the secrets of the request when it is done. At once for a command that need not wait: most requests are a ping or a sync.
   * @param host aborted when the host that asks is gone
   */
  answer(value: JsonValue, host = STAYS): Answer | Promise<Answer> {
    const answer = this.#answer(value, host);
    if (answer instanceof Promise) {
      return answer.then((later) => {
        wipeSecrets(value);
        return later;
      });
    }
    wipeSecrets(value);
    return answer;
  }

  #answer(value: JsonValue, host: AbortSignal): Answer | Promise<Answer> {
    const id = echoOfId(value);
    let entry: Entry | undefined;
    try {
      const request = parseRequest(value);
      const command = this.#find(request);
      this.log[command.readOnly ? 'debug' : 'info']('command', { command: command.name });
      entry = this.audit.before(command, request.arguments);
      const result = command.call(request.arguments, this.platform, { listCommands: this.#listCommands, host });
      if (!(result instanceof Promise)) return this.#success(command, result, id, entry);
      return result.then(
        (later) => this.#success(command, later, id, entry),
        (error: unknown) => this.#failure(error, id, entry),
      );
    } catch (error) {
      return this.#failure(error, id, entry);
    }
  }

  /** A host has come. */
  connected(): void {
    this.audit.connected();
  }

  /** With what the gate refuses now, by its reasons. */
  describe(): DoorDescription {
    const refused = new Map<string, string[]>();
    for (const command of this.#byName.values()) {
      const reason = this.gate(command);
      if (reason !== undefined) refused.set(reason, [...(refused.get(reason) ?? []), command.name]);
    }
    const { size } = this.#byName;
    const enabled = size - [...refused.values()].flat().length;
    return this.#tally.describe([
      { name: 'commands', text: `${enabled} of ${size} enabled` },
      ...Array.from(refused, ([reason, names]) => ({ name: 'not enabled', text: `${names.join(', ')}: ${reason}` })),
    ]);
  }

  #find({ execute: name, arguments: args }: Request): Command {
    const command = this.#byName.get(name);
    if (command === undefined) {
      this.audit.unknown();
      throw new CommandNotFound(`The command ${name} has not been found`);
    }
    const reason = this.gate(command, args);
    if (reason === undefined) {
      this.#tally.count(name);
      return command;
    }
    this.log.info('command refused', { command: name, reason });
    this.audit.denied(name, reason);
    // Hosts take a command that is not found for one that this guest never has.
    if (this.gate(command) === undefined)
      throw new AgentError('refused', `Command ${name} has been refused: ${reason}`);
    throw new CommandNotFound(`Command ${name} has been disabled: ${reason}`);
  }

  #success(command: Command, result: Printable | undefined, id: Reply, entry: Entry | undefined): Answer {
    this.audit.after(entry, { result });
    return success(command, result, id);
  }

  #failure(error: unknown, id: Reply, entry: Entry | undefined): Answer {
    this.audit.after(entry, { error });
    if (error instanceof CommandNotFound) return failure('CommandNotFound', error.message, id);
    if (error instanceof AgentError) return failure('GenericError', error.message, id);
    if (errnoOf(error) !== undefined) {
      this.log.warn('command failed', { error });
      return failure('GenericError', messageOf(error), id);
    }
    this.log.error('command failed by a bug', { error });
    return failure('GenericError', 'internal error, see the log of the agent', id);
  }
}

class CommandNotFound extends AgentError {
  constructor(message: string) {
    super('not-found', message);
  }
}

const NOTHING: Printable = {};

/** A host that never leaves. */
const STAYS = new AbortController().signal;

function success(command: Command, result: Printable | undefined, id: Reply): Answer {
  if (command.silentOnSuccess) return { reply: undefined, delimited: false };
  return { reply: { return: result ?? NOTHING, ...id }, delimited: command.delimited };
}

function failure(errorClass: ErrorClass, desc: string, id: Reply): Answer {
  return { reply: { ...errorReply(errorClass, desc), ...id } as Reply, delimited: false };
}
