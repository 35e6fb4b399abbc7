/** A folder, link or file on the way to a hook. */
export interface Step {
  readonly path: string;
  readonly kind: 'folder' | 'link' | 'file' | 'other';
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
}

const OTHERS_MAY_WRITE = 0o022;

/**
 * Why a file must not run with its owner's rights: others can write it, or put another in its place. Once nobody else can
 * change any step, there is no race between this look and the start.
 * @param steps from the top folder to the file, and those of each link's target
 * @param owner user id that everything must belong to
 */
export function objectionTo(steps: readonly Step[], owner: number): string | undefined {
  const foreign = steps.find(({ uid }) => uid !== owner);
  if (foreign !== undefined) return `${foreign.path} belongs to user ${foreign.uid}`;
  // A link has no permissions of its own.
  const open = steps.find(({ kind, mode }) => kind !== 'link' && (mode & OTHERS_MAY_WRITE) !== 0);
  if (open !== undefined) return `${open.path} may be written by others`;
  const last = steps.at(-1);
  return last?.kind === 'file' ? undefined : `${last?.path ?? 'nothing'} is no file`;
}
