import { messageOf } from '#shared/errors.ts';
import { type Files, localFiles } from '../config/files.ts';
import type { Problem } from '../config/findings.ts';
import { brokenPolicy, DEFAULT_POLICY, parsePolicy, type Reading } from './parse.ts';

/**
 * Reads the policy file. None means the default profile; one that cannot be read or understood, or that others may
 * write, is a broken policy, never an exception.
 */
export function readPolicy(file: string, files: Files = localFiles()): Reading {
  try {
    const content = files.read(file);
    if (content === undefined) return { policy: DEFAULT_POLICY, problems: [] };
    if (content.untrusted !== undefined) return brokenPolicy([problemOf(file, `${content.untrusted}: not read`)]);
    return parsePolicy(content.text, file);
  } catch (error) {
    return brokenPolicy([problemOf(file, messageOf(error))]);
  }
}

const problemOf = (place: string, text: string): Problem => ({ severity: 'error', place, text });
