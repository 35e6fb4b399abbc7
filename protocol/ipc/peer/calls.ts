import { AgentError } from '#shared/errors.ts';
import type { Shape } from '#shared/schema/record.ts';
import type { Request } from '../definition.ts';
import type { IpcMap } from '../framing.ts';
import { parseFailure } from './failure.ts';
import { encodable } from './handlers.ts';
import { Ids, type Wire } from './wire.ts';

/** Requests of ours that wait for their answer. */
export const MAX_CALLS = 64;

interface Call {
  answered(body: IpcMap): void;
  failed(error: AgentError): void;
}

export class Calls {
  readonly #wire: Wire;
  readonly #ids = new Ids();
  readonly #waiting = new Map<number, Call>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws {AgentError} as `Link.call`; 'refused' when too many wait already */
  async ask<Body, Result>(
    message: Request<Body, Result>,
    body: Body,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (signal?.aborted) throw new AgentError('cancelled', `${message.name} was called off`);
    if (this.#waiting.size >= MAX_CALLS) throw new AgentError('refused', `${MAX_CALLS} requests wait already`);
    const id = this.#ids.take((one) => this.#waiting.has(one));
    this.#wire.send({ kind: 'request', id, name: message.name, body: encodable(body) });
    const giveUp = (error: AgentError) => {
      this.#wire.send({ kind: 'cancel', id });
      this.#waiting.get(id)?.failed(error);
    };
    const callOff = () => giveUp(new AgentError('cancelled', `${message.name} was called off`));
    const deadline = this.#wire.after(timeoutMs, () => {
      giveUp(new AgentError('timeout', `${message.name}: no answer within ${timeoutMs} ms`));
    });
    signal?.addEventListener('abort', callOff);
    try {
      return await this.#answerTo(id, message.result);
    } finally {
      this.#waiting.delete(id);
      deadline[Symbol.dispose]();
      signal?.removeEventListener('abort', callOff);
    }
  }

  /** @throws {AgentError} 'malformed' */
  answered(id: number, body: IpcMap): void {
    this.#take(id)?.answered(body);
  }

  /** @throws {AgentError} 'malformed' */
  failed(id: number, body: IpcMap): void {
    const failure = parseFailure(body);
    this.#take(id)?.failed(failure);
  }

  close(reason: AgentError): void {
    for (const call of this.#waiting.values()) call.failed(reason);
    this.#waiting.clear();
  }

  #answerTo<Result>(id: number, result: Shape<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const answered = (body: IpcMap) => {
        try {
          resolve(result.read(body, ''));
        } catch (error) {
          reject(error);
          throw error;
        }
      };
      this.#waiting.set(id, { answered, failed: reject });
    });
  }

  #take(id: number): Call | undefined {
    const call = this.#waiting.get(id);
    if (call === undefined && !this.#ids.hasGiven(id)) this.#wire.counters.illegal++;
    this.#waiting.delete(id);
    return call;
  }
}
