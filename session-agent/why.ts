/** As long as the link carries. */
const MAX_WHY = 200;

/**
 * A reason as the link carries it: one line. What programs and systems say of their errors has line ends and more, and an answer
 * with one of them would end the connection.
 */
export function whyOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.slice(0, MAX_WHY);
}
