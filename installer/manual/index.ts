import { commands } from '#system-agent/qga/commands/index.ts';
import { bashCompletion } from './completion.ts';
import { PAGES } from './pages.ts';
import { type Edition, formatPage } from './roff.ts';

export interface ManualFile {
  /** As installed, without the leading slash. Pages are not compressed. */
  readonly path: string;
  readonly text: string;
}

/** The manual pages of every face and file, and the completion for bash: all that is made from the tables. */
export function manualFiles(edition: Edition): ManualFile[] {
  const pages = PAGES.map((page) => ({
    path: `usr/share/man/man${page.section}/${page.name}.${page.section}`,
    text: formatPage(page, edition),
  }));
  const lines = PAGES.flatMap(({ commandLine }) => commandLine ?? []);
  const positionals = new Map([['uga host qga', commands.map(({ name }) => name)]]);
  const completion = bashCompletion('uga', lines, positionals);
  return [...pages, { path: 'usr/share/bash-completion/completions/uga', text: completion }];
}
