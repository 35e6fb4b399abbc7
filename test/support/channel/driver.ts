import type { Channel } from '#system-agent/channels/channel.ts';

/** What the channel tests need of a transport: the channel under test, and its host's side at command. */
export interface ChannelDriver {
  readonly name: string;
  /** The channel can tell that no host is there. */
  readonly tellsHost: boolean;
  /** The host can stop sending and still read. */
  readonly halfCloses: boolean;
  /** Bytes that the transport has taken for one host may reach the next (QEMU's buffers do). */
  readonly mixesHosts: boolean;
  /** Size of a large transfer in bytes. */
  readonly bulk: number;
  /** A new channel to the same host side; the tests open and close it. */
  create(): Channel;
  /** A host comes. */
  connect(): Promise<HostEnd>;
  /** At the end of each test: whatever is left of the host's side goes away. */
  release(): Promise<void>;
}

/** The host's end of one connection. Bytes are the known pattern from `offset` on, so that they need not travel here. */
export interface HostEnd {
  /** Resolves when the transport has taken all; rejects when the connection ends before. */
  send(offset: number, length: number): Promise<void>;
  /** Nothing is read but by this. Rejects when other bytes come, or the connection ends before. */
  receive(offset: number, length: number): Promise<void>;
  /** Resolves when the agent has closed the connection, after all it sent was received. */
  closed(): Promise<void>;
  /** Stops sending. */
  end(): Promise<void>;
  close(): Promise<void>;
}
