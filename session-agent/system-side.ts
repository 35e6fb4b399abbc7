import type { Link } from '#protocol/ipc/link.ts';

/** The session link as features of this agent see it. It goes and comes; handlers stay. */
export interface SystemSide extends Link {
  /** Each time when both sides have said hello. No right is there until a message gives it. */
  onUp(listener: () => void): Disposable;
  /** Each time when a link that was up is gone. */
  onDown(listener: () => void): Disposable;
}
