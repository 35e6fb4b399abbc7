/** A value of a file for Python's configparser. */
export interface PythonConfigEntry {
  readonly section: string;
  /** In lower case, as configparser has it. */
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Reads what Python's configparser reads: `key = value` or `key: value`, comments that begin a line with `#` or `;`,
 * indented lines that continue a value. Lines that are none of it are left out.
 */
export function parsePythonConfig(text: string): PythonConfigEntry[] {
  const entries: PythonConfigEntry[] = [];
  let section: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trimEnd();
    if (line === '' || /^\s*[#;]/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const [, key, value] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (header !== undefined) section = header;
    else if (/^\s/.test(line) && last !== undefined && last.section === section) {
      entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}` };
    } else if (section !== undefined && key !== undefined && value !== undefined) {
      entries.push({ section, key: key.toLowerCase(), value, line: index + 1 });
    }
  }
  return entries;
}
