/** One line of a unit file, continued lines joined. `section` is empty before the first header. */
export interface UnitEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export interface UnitFile {
  readonly entries: readonly UnitEntry[];
  /** Lines that are neither header, comment nor assignment. */
  readonly wrong: readonly number[];
}

/** Sections and assignments of a systemd unit or drop-in. Source: systemd.syntax(7). */
export function parseUnitFile(text: string): UnitFile {
  const entries: UnitEntry[] = [];
  const wrong: number[] = [];
  let section = '';
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let whole = (lines[at] ?? '').trim();
    if (whole === '' || isComment(whole)) continue;
    while (whole.endsWith('\\') && at + 1 < lines.length) {
      const next = (lines[++at] ?? '').trim();
      if (!isComment(next)) whole = `${whole.slice(0, -1)} ${next}`;
    }
    const header = /^\[([^\]]+)\]$/.exec(whole)?.[1];
    const [, key, value] = /^([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)$/s.exec(whole) ?? [];
    if (header !== undefined) section = header;
    else if (key === undefined || value === undefined) wrong.push(line);
    else entries.push({ section, key, value, line });
  }
  return { entries, wrong };
}

const isComment = (line: string) => line.startsWith('#') || line.startsWith(';');

/** Words of a value, or what is wrong with it. `raw` is the word before any variable was put in. */
export type Words = { readonly words: readonly string[] } | { readonly wrong: string };

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/**
 * Splits a value as systemd does: white space separates, both quotes hold together, escapes are C's. `%%` is a percent
 * sign; every other specifier depends on the running system and is not understood.
 */
export function splitWords(value: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < value.length; at++) {
    const letter = value[at] ?? '';
    if (letter === '\\') {
      const next = value[++at] ?? '';
      const hex = next === 'x' ? /^[0-9a-fA-F]{2}/.exec(value.slice(at + 1))?.[0] : undefined;
      if (hex !== undefined) at += 2;
      const meaning = hex === undefined ? ESCAPES[next] : String.fromCharCode(Number.parseInt(hex, 16));
      if (meaning === undefined) return { wrong: `unknown escape '\\${next}'` };
      word = (word ?? '') + meaning;
    } else if (letter === '%') {
      if (value[++at] !== '%') return { wrong: `specifier '%${value[at] ?? ''}'` };
      word = `${word ?? ''}%`;
    } else if (letter === quote) quote = undefined;
    else if (quote === undefined && (letter === '"' || letter === "'")) {
      quote = letter;
      word ??= '';
    } else if (quote === undefined && /\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== undefined) return { wrong: 'a quote that does not end' };
  if (word !== undefined) words.push(word);
  return { words };
}

/**
 * Puts variables into the words of a command line: `${NAME}` anywhere as it is, `$NAME` alone as the words it holds,
 * `$$` a dollar sign. A variable that nobody set is not understood: systemd would drop it, and with it perhaps a
 * restriction that is set where we do not look. Source: systemd.service(5), "Command lines".
 */
export function expandWords(words: readonly string[], variables: ReadonlyMap<string, string>): Words {
  const expanded: string[] = [];
  let missing: string | undefined;
  const read = (name: string) => {
    const value = variables.get(name);
    if (value === undefined) missing ??= name;
    return value ?? '';
  };
  for (const word of words) {
    const alone = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word)?.[1];
    if (alone !== undefined) {
      const split = splitWords(read(alone).replaceAll('%', '%%'));
      if ('wrong' in split) return { wrong: `$${alone}: ${split.wrong}` };
      expanded.push(...split.words);
      continue;
    }
    expanded.push(
      word.replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name?: string) =>
        name === undefined ? match.slice(1) : read(name),
      ),
    );
  }
  return missing === undefined ? { words: expanded } : { wrong: `nobody sets the variable ${missing}` };
}
