import type { MessageName } from '#protocol/vdagent/messages/index.ts';

/** What the host and its client may do. */
export interface Gate {
  /** Can any message of this kind be acted on? What is announced follows it (L6). */
  enabled(message: MessageName): boolean;
  /** May this message be acted on now? It may count against a rate. */
  admits(message: MessageName): boolean;
  /** Calls back when the answers may have changed. */
  onChange(listener: () => void): Disposable;
}

export const openGate: Gate = {
  enabled: () => true,
  admits: () => true,
  onChange: () => ({ [Symbol.dispose]: () => {} }),
};
