/**
 * Values of os-release(5), read as qemu-ga does it: the file is a GLib key file without a group, so one line that is
 * neither empty, comment nor `KEY=value` makes all of it unusable. Source: QEMU qga/commands-posix.c.
 *
 * @returns undefined for an unusable file
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const key = line.slice(0, equals).trimEnd();
    if (equals < 1 || !/^[A-Za-z0-9_-]+$/.test(key)) return undefined;
    values.set(key, unquote(line.slice(equals + 1).trim()));
  }
  return values;
}

/** An unquoted value ends at a space or semicolon; inside double quotes a backslash protects `$ ' " \` and a backtick. */
function unquote(value: string): string {
  const quote = value[0];
  if (quote === "'") {
    const end = value.indexOf("'", 1);
    return value.slice(1, end === -1 ? undefined : end);
  }
  if (quote !== '"') return value.replace(/[ ;].*$/, '');
  let text = '';
  for (let at = 1; at < value.length && value[at] !== '"'; at++) {
    if (value[at] === '\\' && '$\'"\\`'.includes(value[at + 1] ?? ' ')) at++;
    text += value[at];
  }
  return text;
}
