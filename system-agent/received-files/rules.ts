/** What becomes of the last of several files: the user is told, the folder is opened, nothing. */
export const WHEN_DONE = ['notify', 'open', 'nothing'] as const;
export type WhenDone = (typeof WHEN_DONE)[number];

/** What the administrator wants done with files that clients send; the policy may forbid them. */
export interface FileRules {
  /** As files.begin has it; `off`: none are taken. */
  readonly folder: string;
  readonly whenDone: WhenDone;
}

export const RECEIVE: FileRules = { folder: 'download', whenDone: 'notify' };
