/**
 * The text of an authorized_keys file as qemu-ga treats it: split at newlines, compared line by line, joined again.
 * Texts are bytes in Latin-1, so that what is not ours stays as it is. Source: QEMU qga/commands-posix-ssh.c.
 */

export function keysIn(content: string): string[] {
  return content
    .split('\n')
    .map((line) => line.replace(BLANK_AROUND, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What GLib strips: isspace(3) of the C locale. */
const BLANK_AROUND = /^[ \t\v\f\r]+|[ \t\v\f\r]+$/g;

/** @param content undefined for a file that is missing or to be replaced */
export function withKeys(content: string | undefined, keys: readonly string[]): string {
  const lines = new Set(content?.split('\n'));
  return [...(content?.split('\n') ?? []), ...new Set(keys.filter((key) => !lines.has(key)))].join('\n');
}

export function withoutKeys(content: string, keys: readonly string[]): string {
  const dropped = new Set(keys);
  return content
    .split('\n')
    .filter((line) => !dropped.has(line))
    .join('\n');
}
