import type { Content, Flow } from '#shared/bytes/flow.ts';
import type { Notification, Request } from './definition.ts';
import type { StreamTerms } from './peer/incoming-streams.ts';

/**
 * One end of the session link, as features use it. Bodies and results are checked against the definition; a message in
 * the wrong direction or of the wrong shape never reaches a handler.
 */
export interface Link {
  /** Fire and forget. Dropped when the link is down or its queue is full; state is replayed on reconnection anyway. */
  notify<Body>(message: Notification<Body>, body: Body): void;
  /**
   * @param body is needed during the call only
   * @throws {AgentError} what the other side answered; 'timeout' after `timeoutMs`; 'cancelled' when the link went down
   */
  call<Body, Result>(message: Request<Body, Result>, body: Body, timeoutMs: number): Promise<Result>;
  on<Body>(message: Notification<Body>, handler: (body: Body) => void): Disposable;
  /** One handler a request. What it throws as AgentError is the answer; `signal` aborts when the asker gave up. */
  handle<Body, Result>(
    message: Request<Body, Result>,
    handler: (body: Body, signal: AbortSignal) => Promise<Result>,
  ): Disposable;
  /**
   * Offers content, which may still come, as a stream; its id goes into a message of the feature's own. It flows as fast as the other side
   * takes it and is given up when nobody takes any for a while.
   */
  sendStream(content: Content): number;
  /**
   * Takes a stream whose id came in a message.
   * @param idleMs how long its sender may be silent
   * @throws {AgentError} 'refused' when it brings more than `maxBytes`, 'cancelled' when its sender gave up, 'timeout'
   */
  receiveStream(id: number, maxBytes: number, idleMs: number): Promise<Buffer>;
  /**
   * The same as it comes, and not in one piece; what `receiveStream` throws is then the flow's failure.
   * @throws {AgentError} what can be told at once
   */
  openStream(id: number, terms: Omit<StreamTerms, 'signal'>): Flow;
}
