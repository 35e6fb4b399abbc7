import { AgentError } from '#shared/errors.ts';

/** A value and where it stands, for error messages. */
export interface KeyFileEntry {
  readonly group: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

const GROUP = /^\[([^[\]]+)\]\s*$/;
const KEY = /^([A-Za-z0-9_-]+)\s*=\s*(.*)$/;

/**
 * Reads `[group]` and `key=value` lines as GLib's key files have them: comments are whole lines that begin with `#`,
 * white space around a value is dropped, and the escapes are `\s \n \t \r \\`. A later value of a key replaces an
 * earlier one. Source: the Desktop Entry specification and GLib's GKeyFile.
 *
 * @param name of the file, for errors
 * @throws {AgentError} 'invalid-argument' naming file and line
 */
export function parseKeyFile(text: string, name: string): KeyFileEntry[] {
  const entries = new Map<string, KeyFileEntry>();
  for (const entry of keyFileEntries(text, name)) entries.set(`${entry.group}\n${entry.key}`, entry);
  return [...entries.values()];
}

/** The same with every value of a key that is given more than once, in the order of the lines. */
export function keyFileEntries(text: string, name: string): KeyFileEntry[] {
  const entries: KeyFileEntry[] = [];
  let group: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const wrong = (why: string) => new AgentError('invalid-argument', `${name}:${index + 1}: ${why}`);
    const header = GROUP.exec(line)?.[1];
    if (header !== undefined) {
      group = header;
      continue;
    }
    const [, key, value] = KEY.exec(line) ?? [];
    if (key === undefined || value === undefined)
      throw wrong(`neither a [group] nor key=value: '${line.slice(0, 80)}'`);
    if (group === undefined) throw wrong(`key '${key}' stands before any [group]`);
    const unescaped = resolveEscapes(value);
    if (unescaped === undefined) throw wrong(`key '${key}': unknown escape in the value`);
    entries.push({ group, key, value: unescaped, line: index + 1 });
  }
  return entries;
}

/** The `[group]` lines, of groups without a key too. */
export function keyFileGroups(text: string): { readonly group: string; readonly line: number }[] {
  return text.split('\n').flatMap((raw, index) => {
    const group = GROUP.exec(raw.trim())?.[1];
    return group === undefined ? [] : [{ group, line: index + 1 }];
  });
}

const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\', ';': '\\;' };

function resolveEscapes(value: string): string | undefined {
  if (!value.includes('\\')) return value;
  let known = true;
  const text = value.replace(/\\(.?)/g, (_, letter: string) => {
    const meaning = ESCAPES[letter];
    if (meaning === undefined) known = false;
    return meaning ?? '';
  });
  return known ? text : undefined;
}

/** `true false 1 0`, as GLib reads booleans. */
export function parseBoolean(value: string): boolean | undefined {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  return undefined;
}

/** One group of a key file as text. Values are written so that `parseKeyFile` gives them back. */
export function formatGroup(group: string, values: readonly (readonly [key: string, value: string])[]): string {
  const lines = values.map(([key, value]) => `${key}=${protect(value)}`);
  return `[${group}]\n${lines.join('\n')}\n`;
}

function protect(value: string): string {
  return value
    .replace(/\\(?!;)/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r')
    .replace(/^ /, '\\s');
}
