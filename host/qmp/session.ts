import { echoOfId, parseRequest } from '#protocol/qga/message.ts';
import type { ReadEvent } from '#protocol/qga/reader.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject } from '#shared/json/value.ts';
import { array, object, optional, string } from '#shared/schema/schema.ts';
import { type Echo, failure, failureOf, type Message, success } from './message.ts';

/** A command that may run now. */
export interface Call {
  readonly command: string;
  readonly args: JsonObject;
  readonly echo: Echo;
}

/** What follows from something a client sent: an answer that is known, or a command whose answer must be made. */
export type Step =
  | { readonly kind: 'answer'; readonly message: Message }
  | { readonly kind: 'call'; readonly call: Call };

/** The one command of the protocol itself. */
export const NEGOTIATE = 'qmp_capabilities';

/** No capability is offered, so that none can be switched on. */
const NEGOTIATION = object({ enable: optional(array(string, 16)) });

/**
 * One client of the QMP server, from its greeting on: first only `qmp_capabilities` is taken, and then everything but
 * that. Pure; texts and classes are those of QEMU. Source: QEMU docs/interop/qmp-spec.rst, monitor/qmp.c,
 * monitor/qmp-cmds-control.c.
 */
export class Session {
  #isNegotiated = false;

  /** The client takes commands and is told events. */
  get isNegotiated(): boolean {
    return this.#isNegotiated;
  }

  take(heard: ReadEvent): Step {
    if (heard.kind === 'error') return answer(failure('GenericError', heard.desc));
    const echo = echoOfId(heard.value);
    try {
      const { execute: command, arguments: args } = parseRequest(heard.value);
      if (command === NEGOTIATE) return answer(this.#negotiate(args, echo));
      if (this.#isNegotiated) return { kind: 'call', call: { command, args, echo } };
      return answer(failure('CommandNotFound', `Expecting capabilities negotiation with '${NEGOTIATE}'`, echo));
    } catch (error) {
      if (error instanceof AgentError) return answer(failureOf(error, echo));
      throw error;
    }
  }

  /** @throws {AgentError} 'invalid-argument' */
  #negotiate(args: JsonObject, echo: Echo): Message {
    if (this.#isNegotiated) {
      return failure('CommandNotFound', 'Capabilities negotiation is already complete, command ignored', echo);
    }
    const { enable = [] } = NEGOTIATION.parse(args, '');
    const [capability] = enable;
    if (capability !== undefined) throw new AgentError('invalid-argument', `Capability ${capability} not available`);
    this.#isNegotiated = true;
    return success({}, echo);
  }
}

function answer(message: Message): Step {
  return { kind: 'answer', message };
}
