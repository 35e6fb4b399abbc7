/** One `NAME=VALUE` of a file, or a line that is none. Lines count from 1. */
export type Assignment =
  | { readonly line: number; readonly name: string; readonly value: string }
  | { readonly line: number; readonly wrong: string };

/**
 * Who reads the file: a shell that sources it (`/etc/default`), or systemd (`EnvironmentFile=`), to which `$` is a
 * letter, a blank belongs to the value and `;` begins a comment too. systemd.exec(5), POSIX 2.2 and 2.6.
 */
export type AssignmentsOf = 'shell' | 'systemd';

const NAME = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=/;
/** What a shell would act upon: none of it is carried out here. */
const ACTIVE = /[$`;&|<>()*?[\]{}~!]/;

/**
 * Reads assignments with quotes, and nothing else a shell could do: the file is never executed. What it does not
 * understand is said, not guessed.
 */
export function readAssignments(text: string, of: AssignmentsOf): Assignment[] {
  const found: Assignment[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let whole = lines[at] ?? '';
    if (isIgnored(whole, of)) continue;
    let read = readLine(whole.trimStart(), of);
    while ('unfinished' in read && at + 1 < lines.length) {
      whole += `\n${lines[++at]}`;
      read = readLine(whole.trimStart(), of);
    }
    if ('unfinished' in read) found.push({ line, wrong: 'a quote or a continued line that does not end' });
    else found.push({ line, ...read });
  }
  return found;
}

function isIgnored(line: string, of: AssignmentsOf): boolean {
  const text = line.trim();
  return text === '' || text.startsWith('#') || (of === 'systemd' && text.startsWith(';'));
}

type Line =
  | { readonly name: string; readonly value: string }
  | { readonly wrong: string }
  | { readonly unfinished: true };

function readLine(text: string, of: AssignmentsOf): Line {
  const [head = '', name] = NAME.exec(text) ?? [];
  if (name === undefined) return { wrong: 'no NAME=VALUE' };
  let value = '';
  let at = head.length;
  while (at < text.length) {
    const letter = text[at] ?? '';
    if (letter === "'" || letter === '"') {
      const quoted = readQuoted(text, at, of);
      if (typeof quoted !== 'object') return quoted === 'unfinished' ? { unfinished: true } : { wrong: quoted };
      value += quoted.text;
      at = quoted.end;
      continue;
    }
    if (letter === '\\') {
      if (at + 1 === text.length) return { unfinished: true };
      if (text[at + 1] !== '\n') value += text[at + 1];
      at += 2;
      continue;
    }
    if (of === 'shell' && ACTIVE.test(letter)) return { wrong: `'${letter}' outside quotes` };
    if (of === 'shell' && /\s/.test(letter)) {
      const rest = text.slice(at).trim();
      return rest === '' || rest.startsWith('#') ? { name, value } : { wrong: 'words after the value' };
    }
    value += letter;
    at++;
  }
  return { name, value: of === 'systemd' ? value.trimEnd() : value };
}

/** @returns what stands between the quotes and where it ends, or what is wrong */
function readQuoted(text: string, start: number, of: AssignmentsOf): { text: string; end: number } | string {
  const quote = text[start];
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (letter === quote) return { text: value, end: at + 1 };
    if (quote === '"' && letter === '\\') {
      const next = text[at + 1];
      if (next === undefined) return 'unfinished';
      value += '"\\$`'.includes(next) ? next : next === '\n' ? '' : `\\${next}`;
      at++;
    } else if (quote === '"' && of === 'shell' && (letter === '$' || letter === '`')) {
      return `'${letter}' that a shell would replace`;
    } else value += letter;
  }
  return 'unfinished';
}
