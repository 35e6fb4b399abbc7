import { AgentError } from '#shared/errors.ts';
import { LINK_VERSION, OLDEST_LINK_VERSION } from '../messages/hello.ts';

/**
 * The newest version that both sides speak.
 * @throws {AgentError} 'refused' if there is none, 'malformed' if the range is none
 */
export function chooseVersion({ oldest, newest }: { readonly oldest: number; readonly newest: number }): number {
  if (oldest > newest) throw new AgentError('malformed', `link versions from ${oldest} to ${newest}`);
  if (oldest > LINK_VERSION || newest < OLDEST_LINK_VERSION) {
    const theirs = `${oldest} to ${newest}`;
    throw new AgentError('refused', `link versions ${theirs}, ours ${OLDEST_LINK_VERSION} to ${LINK_VERSION}`);
  }
  return Math.min(newest, LINK_VERSION);
}

/** @throws {AgentError} 'malformed' if the other side has chosen a version that we did not offer */
export function checkVersion(version: number): void {
  if (version < OLDEST_LINK_VERSION || version > LINK_VERSION) {
    throw new AgentError('malformed', `link version ${version}, offered ${OLDEST_LINK_VERSION} to ${LINK_VERSION}`);
  }
}
