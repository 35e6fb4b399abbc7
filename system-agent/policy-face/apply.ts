import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Io } from '#shared/cli/io.ts';
import { plain } from '#shared/cli/plain.ts';
import { keyFileEntries, keyFileGroups } from '#shared/config/key-file.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { replaceFile } from '#shared/files.ts';
import { localFiles } from '../config/files.ts';
import { confinementsFor } from '../policy/hardening.ts';
import { parsePolicy } from '../policy/parse.ts';
import { isProfile, PROFILE_NAMES, type ProfileName } from '../policy/profiles.ts';

/** Of the agent's unit. systemd.unit(5) */
export const DROP_IN = '/etc/systemd/system/uga-system-agent.service.d/50-uga-policy.conf';

export interface ApplyOptions {
  readonly file: string;
  readonly dryRun: boolean;
  /** Folders that the agent writes to, beside those that systemd makes for its unit. */
  readonly folders?: readonly string[];
  /** Another place for the drop-in, for tests. */
  readonly dropIn?: string;
}

/**
 * Puts a profile into the policy file, whose rules stay, and confines the unit as far as the policy then permits. Tells
 * each thing it does, and what is left to do.
 * @throws {AgentError} 'invalid-argument' for no profile; 'failed' when the present file is not understood or a file
 *   cannot be written
 */
export async function apply(word: string, options: ApplyOptions, io: Pick<Io, 'stdout'>): Promise<number> {
  const { file, dryRun, folders = [], dropIn = DROP_IN } = options;
  if (!isProfile(word)) {
    throw new AgentError('invalid-argument', `'${word}' is no profile; expected ${PROFILE_NAMES.join(', ')}`);
  }
  const present = presentText(file);
  const text = withProfile(present ?? '', word, file);
  const { policy } = parsePolicy(text, file);
  if (policy.broken !== undefined) throw new AgentError('failed', `${policy.broken}: nothing was changed`);
  const directives = confinementsFor(policy, folders);
  const say = (line: string) => io.stdout.write(`${plain(line, 4_000)}\n`);
  const done = dryRun ? 'would be written' : 'written';
  try {
    if (!dryRun) await write(file, text);
    say(`${file} ${done}: profile ${word}, ${policy.rules.length} rules kept`);
    if (directives.length > 0) {
      if (!dryRun) await write(dropIn, formatDropIn(word, directives));
      say(`${dropIn} ${done}:`);
      for (const directive of directives) say(`  ${directive}`);
    } else {
      if (!dryRun) await rm(dropIn, { force: true });
      say(
        `${dropIn} ${dryRun ? 'would not be there' : 'is not there'}: the policy permits what confining the unit would break`,
      );
    }
  } catch (error) {
    throw new AgentError('failed', messageOf(error), { cause: error });
  }
  if (!dryRun) say('In force after: systemctl daemon-reload && systemctl restart uga-system-agent');
  return 0;
}

function presentText(file: string): string | undefined {
  const content = localFiles().read(file);
  if (content?.untrusted !== undefined) throw new AgentError('failed', `${file}: ${content.untrusted}`);
  return content?.text;
}

/** The same text with another profile. @throws {AgentError} 'failed' when it is no policy file */
function withProfile(text: string, profile: ProfileName, file: string): string {
  const wrong = text === '' ? undefined : parsePolicy(text, file).policy.broken;
  if (wrong !== undefined) throw new AgentError('failed', `${wrong}: nothing was changed`);
  const line = `profile=${profile}`;
  const lines = text.split('\n');
  const entry = keyFileEntries(text, file).find(({ group, key }) => group === 'policy' && key === 'profile');
  if (entry !== undefined) return lines.with(entry.line - 1, line).join('\n');
  const group = keyFileGroups(text).find((one) => one.group === 'policy');
  if (group !== undefined) return lines.toSpliced(group.line, 0, line).join('\n');
  return `[policy]\n${line}\n${text === '' ? '' : `\n${text}`}`;
}

function formatDropIn(profile: ProfileName, directives: readonly string[]): string {
  return `# Written by 'uga policy apply ${profile}', and written or removed again by the next one.
[Service]
${directives.join('\n')}
`;
}

/** Folders of a system's configuration can be read by everybody; the file by root alone. */
async function write(file: string, text: string): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  await replaceFile(file, text);
}
