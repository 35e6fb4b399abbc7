import type { Call, Signal, Value } from './values.ts';

export const DEFAULT_CALL_TIMEOUT_MS = 10_000;

/** Which signals are wanted. */
export interface SignalMatch {
  /** A service's name or a unique name. Signals of anybody else are never delivered, however they are made up. */
  readonly sender: string;
  readonly interface: string;
  readonly member: string;
  /** Absent: from every object of the sender. */
  readonly path?: string;
}

/** A message bus that comes and goes. What was subscribed stays subscribed through every loss. */
export interface Bus {
  readonly connected: boolean;
  /** Called at each change of `connected`. After a loss signals may have been missed: read again what they would tell. */
  onState(listener: (connected: boolean) => void): Disposable;
  /**
   * @param timeoutMs the call is given up then, whatever the service does with it
   * @returns the body of the answer, to be checked with the shapes of record.ts and `tuple`
   * @throws {AgentError} 'cancelled' the bus is or went away; 'not-found' no such service, object or method; 'refused'
   *   not allowed; 'timeout'; 'invalid-argument' the body does not fit the signature; 'failed' any other error answer
   */
  call(call: Call, timeoutMs?: number): Promise<readonly Value[]>;
  /**
   * A call made after this one sees nothing that a signal would not tell: subscribe first, then ask.
   * @param listener what it throws is logged
   */
  subscribe(match: SignalMatch, listener: (signal: Signal) => void): Disposable;
  /**
   * @param listener called with the unique name of the service's present owner, or undefined for nobody: once as soon
   *   as that is known (a bus that cannot be reached has nobody), then at each change
   */
  watchName(name: string, listener: (owner: string | undefined) => void): Disposable;
}
