/**
 * A byte pipe to the host, whatever carries it.
 *
 * The host may be absent, come, go and come back, and the device itself may be missing or held by another agent: each
 * is a state with one log line, never an error of the caller. No implementation reopens a device in order to wait (the
 * host would see the agent die), spins, or delays another channel. Decision: docs/decisions/0002-channels.md.
 */
export interface Channel {
  /** As an administrator writes it: `virtio:org.qemu.guest_agent.0`, `unix-listen:/run/x`. */
  readonly description: string;
  readonly state: ChannelState;
  /** What has happened so far, for those who ask how the agent is. */
  describe(): ChannelHistory;
  /** Calls the listener after each change of `state`, until disposed. */
  onState(listener: () => void): Disposable;
  /**
   * Starts to serve; called once, and returns at once: host and device may come later.
   * @throws {AgentError} 'failed' for what waiting cannot mend, such as a listening socket's folder that is missing.
   */
  open(events: ChannelEvents): void;
  /**
   * Queues bytes for the present host; the channel keeps `bytes` until they are sent, so they must not change.
   * Without a host they are dropped: a stale answer helps nobody.
   * @param lent follows `bytes`, and may change after the call
   * @returns false when more than HIGH_WATER bytes wait, or any where some were lent; the caller should produce no more
   *   until `drained`. Far beyond that (MAX_QUEUED) the whole is dropped.
   */
  write(bytes: Uint8Array, lent?: Uint8Array): boolean;
  /**
   * Stops `data` until `resume`, so that a host that sends without reading is slowed by its own pipe. It lasts across
   * hosts. What a host sent and nobody has read when it goes is dropped on a device (the next host uses the same pipe)
   * and still delivered on a socket, whose end is then seen after `resume`.
   */
  pause(): void;
  resume(): void;
  /** After `ended`: closes the connection once everything queued is sent. Devices have no connections and ignore it. */
  hangUp(): void;
  /**
   * Gives up the present connection because the host's bytes make no sense any more: the host learns that the agent is
   * gone and begins anew. A device is closed and, a moment later, opened again; a socket waits for its next host.
   * `disconnected` comes from within the call. Without a host it does nothing.
   */
  reset(reason: string): void;
  /** Releases the device or socket. No event follows. Idempotent. */
  close(): Promise<void>;
}

/**
 * - `closed`: not opened, or closed by us
 * - `missing`: the device or the peer's socket is not there; watched until it appears
 * - `busy`: another program holds the device
 * - `waiting`: ours, and no host is connected
 * - `connected`: a host is there
 */
export type ChannelState = 'closed' | 'missing' | 'busy' | 'waiting' | 'connected';

export interface ChannelHistory {
  /** When the present state began, by performance.now(). */
  readonly since: number;
  /** Reason of the present state, where there is one. */
  readonly why: string | undefined;
  /** Bytes of all hosts since the start; sent are those that were taken by `write` for a host. */
  readonly received: number;
  readonly sent: number;
}

export interface ChannelEvents {
  /** A host is there. Whatever the last one left half said is to be forgotten. */
  connected(): void;
  /** `bytes` are valid during the call only: the buffer is used again. */
  data(bytes: Uint8Array): void;
  /** The write queue is empty again after `write` returned false. */
  drained(): void;
  /** The host will send no more but still reads (half-closed socket). Answer what was asked, then `hangUp`. */
  ended(): void;
  /** The host reads no more, and what it has said before is still to come: nobody need wait on its behalf. Also while paused. */
  left?(): void;
  /** The host is gone; what was queued for it is dropped. */
  disconnected(): void;
  /**
   * Nothing is half said in either direction, and nothing that was asked is owed: another process that takes the channel
   * over from here without a word to the host leaves nobody waiting. What was given to `write` counts as said.
   */
  readonly isAtRest: boolean;
}

/** Bytes waiting for a host beyond which `write` returns false. */
export const HIGH_WATER = 1024 * 1024;
