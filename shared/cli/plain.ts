/** Everything that moves a cursor, reverses text or cannot be seen: controls, format characters, odd line ends. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A guest's text for a person's terminal (D3): unsafe characters as `\u{1B}`, and no longer than `maxLength`
 * characters, with a mark where it was cut.
 */
export function plain(text: string, maxLength = 500): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}... (${text.length} characters)` : text;
  return cut.replace(UNSAFE, (match) => `\\u{${match.codePointAt(0)?.toString(16).toUpperCase()}}`);
}

/** The same for a text of several lines: newlines stay. */
export function plainLines(text: string): string {
  return text
    .split('\n')
    .map((line) => plain(line, Number.POSITIVE_INFINITY))
    .join('\n');
}
