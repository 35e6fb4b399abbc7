import type { Entry } from './page.ts';

const OPTION = /^ {2}(-\S.*?) {2,}(\S.*)$/;
const OPTION_ALONE = /^ {2}(-\S.*)$/;
const MORE = /^ {4,}(\S.*)$/;

/** The options of a hand-written `--help` text: "  -x, --name VALUE   what it does", with more indented lines. */
export function entriesOfHelp(help: string): Entry[] {
  const entries: { term: string; text: string }[] = [];
  for (const line of help.split('\n')) {
    const [, term, text] = OPTION.exec(line) ?? OPTION_ALONE.exec(line) ?? [];
    const more = MORE.exec(line)?.[1];
    const last = entries.at(-1);
    if (term !== undefined) entries.push({ term, text: text ?? '' });
    else if (more !== undefined && last !== undefined) last.text = `${last.text} ${more}`.trim();
  }
  return entries;
}
