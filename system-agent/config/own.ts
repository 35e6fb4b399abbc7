import { type KeyFileEntry, keyFileEntries } from '#shared/config/key-file.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import { DEFAULT_FILE } from './config.ts';
import type { Files } from './files.ts';
import { type Findings, placed } from './findings.ts';
import { settingOf } from './settings.ts';

/**
 * Reads our own file and the `*.conf` files of the folder FILE.d, in the order of their names. The default file may be
 * missing; one that was asked for may not. What is wrong becomes a problem of severity 'error'.
 */
export function readOwn(files: Files, asked: string | undefined, findings: Findings): void {
  const main = asked ?? DEFAULT_FILE;
  if (!readOne(files, main, findings) && asked !== undefined) findings.problem('error', main, 'no such file');
  for (const file of dropIns(files, `${main}.d`, findings)) readOne(files, file, findings);
}

function dropIns(files: Files, folder: string, findings: Findings): string[] {
  try {
    const names = files.list(folder);
    return names.filter((name) => name.endsWith('.conf')).map((name) => `${folder}/${name}`);
  } catch (error) {
    findings.problem('error', folder, messageOf(error));
    return [];
  }
}

function readOne(files: Files, file: string, findings: Findings): boolean {
  try {
    const content = files.read(file);
    if (content === undefined) return false;
    findings.files.push(file);
    if (content.untrusted === undefined) {
      for (const entry of keyFileEntries(content.text, file)) apply(entry, file, findings);
    } else findings.problem('error', file, `${content.untrusted}: not read`);
  } catch (error) {
    const { place, text } = placed(error, file);
    findings.problem('error', place, text);
  }
  return true;
}

function apply({ group, key, value, line }: KeyFileEntry, file: string, findings: Findings): void {
  const place = `${file}:${line}`;
  const name = `[${group}] ${key}`;
  const row = settingOf(group, key);
  if (row === undefined) {
    findings.problem('error', place, 'unknown key', name);
    return;
  }
  try {
    const before = row.joins ? findings.origins[row.name] : undefined;
    findings.settings = row.apply(findings.settings, value);
    findings.origins[row.name] = before === undefined ? place : `${before}, ${place}`;
    if (row.name === 'blockRpcs') findings.restrict('block', value, place);
    if (row.name === 'allowRpcs' && value !== '*') findings.restrict('allow', value, place);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    findings.problem('error', place, error.message, name);
  }
}
